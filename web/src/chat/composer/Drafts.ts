import { keptByTab } from "../session/browserStorage.ts";
import { Cell } from "../store.ts";
import { parseOutgoing, type Outgoing } from "./outgoing.ts";

const DRAFT = "parley:draft:";
const OUTGOING = "parley:outgoing:";
const NEW = "new";

/**
 * What this tab's user is typing, and what is on its way to the server, of one conversation: it outlives a reload.
 *
 * Invariant: from the first letter on until the server has acknowledged the message, its text is in one of the two.
 */
export class Drafts {
  readonly text: Cell<string>;
  #place: string;

  constructor(conversation: string | null) {
    this.#place = conversation ?? NEW;
    this.text = new Cell(keptByTab.read(DRAFT + this.#place) ?? "");
  }

  /** The conversations of which something was on its way when this page was left; null is one that was to be begun. */
  static left(): (string | null)[] {
    const places = keptByTab.keys().flatMap((key) => (key.startsWith(OUTGOING) ? [key.slice(OUTGOING.length)] : []));
    return places.map((place) => (place === NEW ? null : place));
  }

  /** Takes all of it away, of every conversation: whoever uses this tab next is somebody else. */
  static forget(): void {
    for (const key of keptByTab.keys()) if (key.startsWith(DRAFT) || key.startsWith(OUTGOING)) keptByTab.write(key, null);
  }

  write(text: string): void {
    keptByTab.write(DRAFT + this.#place, text || null);
    this.text.dispatch(text);
  }

  get outgoing(): Outgoing | null {
    return parseOutgoing(keptByTab.read(OUTGOING + this.#place));
  }

  set outgoing(outgoing: Outgoing | null) {
    keptByTab.write(OUTGOING + this.#place, outgoing && JSON.stringify(outgoing));
  }

  /** The new conversation has got its id: what is typed by now belongs to it. */
  move(conversation: string): void {
    const text = this.text.get();
    this.write("");
    this.outgoing = null;
    this.#place = conversation;
    this.write(text);
  }
}
