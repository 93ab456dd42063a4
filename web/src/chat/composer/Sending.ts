import { EDIT, POST, REGENERATE } from "../graphql/documents.ts";
import type { Started } from "../graphql/types.ts";
import type { Session } from "../session/Session.ts";
import { Cell } from "../store.ts";
import type { Drafts } from "./Drafts.ts";
import { inputOf, type Outgoing } from "./outgoing.ts";

const DOCUMENTS: Record<Outgoing["kind"], string> = { post: POST, edit: EDIT, regenerate: REGENERATE };

type Unkeyed<Kind> = Kind extends Outgoing ? Omit<Kind, "key"> : never;
/** What is to be done, without the key that it gets when it is sent. */
export type Order = Unkeyed<Outgoing>;

type Persists = Pick<Session, "signal" | "persist">;

export interface Delivery {
  onStarted(started: Started): void;
  /** It was not done, or nobody knows; the error is null where the user has taken it back. */
  onRefused(outgoing: Outgoing, error: unknown): void;
}

/** Sends one message at a time, again and again until the server has answered, also after a reload. */
export class Sending {
  readonly outgoing = new Cell<Outgoing | null>(null);
  readonly #session: Persists;
  readonly #drafts: Drafts;
  readonly #delivery: Delivery;
  #refused: Outgoing | null = null;
  #attempt = new AbortController();

  constructor(session: Persists, drafts: Drafts, delivery: Delivery) {
    this.#session = session;
    this.#drafts = drafts;
    this.#delivery = delivery;
  }

  /** Takes up what a reload has cut off. */
  resume(): void {
    const outgoing = this.#drafts.outgoing;
    if (outgoing && this.outgoing.get() === null) void this.#send(outgoing);
  }

  send(order: Order): void {
    if (this.outgoing.get() !== null) return;
    void this.#send({ ...order, key: this.#keyFor(order) } as Outgoing);
  }

  /** Stops trying. Whether it has reached the server nobody knows, so the same text sent again has the same key. */
  takeBack(): void {
    this.#attempt.abort(new Error("taken back"));
  }

  async #send(outgoing: Outgoing): Promise<void> {
    this.#attempt = new AbortController();
    this.#drafts.outgoing = outgoing;
    this.outgoing.dispatch(outgoing);
    const signal = AbortSignal.any([this.#session.signal, this.#attempt.signal]);
    const variables = { input: inputOf(outgoing) };
    let answer: { started: Started };
    try {
      answer = await this.#session.persist(DOCUMENTS[outgoing.kind], variables, { signal, sending: true });
    } catch (error) {
      // It stays where the next session finds it.
      if (this.#session.signal.aborted) return;
      this.#refused = outgoing;
      // First, so that the text is never in neither of the two places.
      this.#delivery.onRefused(outgoing, this.#attempt.signal.aborted ? null : error);
      this.#over();
      return;
    }
    this.#refused = null;
    this.#over();
    this.#delivery.onStarted(answer.started);
  }

  #over(): void {
    this.#drafts.outgoing = null;
    this.outgoing.dispatch(null);
  }

  /** The key that was used for the very same before, if it was: an error may have come after it was done. */
  #keyFor(order: Order): string {
    const refused = this.#refused;
    if (refused && JSON.stringify(inputOf({ ...order, key: refused.key } as Outgoing)) === JSON.stringify(inputOf(refused))) {
      return refused.key;
    }
    return newKey();
  }
}

const KEY_BYTES = 16;

/** Not `randomUUID`, which browsers have only where the page came by HTTPS or from this machine. */
function newKey(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(KEY_BYTES));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
