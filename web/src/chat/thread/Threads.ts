import { Drafts } from "../composer/Drafts.ts";
import type { Conversation } from "../graphql/types.ts";
import type { Session } from "../session/Session.ts";
import { Cell } from "../store.ts";
import { ThreadController } from "./ThreadController.ts";

const KEPT = 8;

/** The conversations that were looked at last, so that going back to one shows it at once. */
export class Threads {
  readonly #session: Session;
  readonly #kept = new Map<string, ThreadController>();
  /** A conversation without an id yet. There is one at a time: what is typed for it has one place in this tab. */
  #fresh: ThreadController;
  readonly shown: Cell<ThreadController>;

  constructor(session: Session) {
    this.#session = session;
    this.#fresh = new ThreadController(session, null);
    this.shown = new Cell(this.#fresh);
  }

  /** The one with that id, or a new conversation, becomes the one that is looked at. */
  show(id: string | null): void {
    const thread = this.#thread(id);
    if (thread !== this.shown.get()) this.shown.get().hide();
    this.shown.dispatch(thread);
    thread.show();
  }

  /** Sends what was on its way when the page was left, whatever it is opened with. */
  resume(): void {
    for (const id of Drafts.left()) this.#thread(id).sending.resume();
  }

  /** A new conversation has got its id: the address is to say so, unless somebody has gone elsewhere. */
  begun(thread: ThreadController): void {
    if (thread.id === null) return;
    this.#keep(thread.id, thread);
    this.#fresh = new ThreadController(this.#session, null);
    if (this.shown.get() === thread) this.#session.router.correct({ conversation: thread.id, message: null });
  }

  /** Something has changed elsewhere: of that conversation, or of any. */
  refresh(id: string | null): void {
    const shown = this.shown.get();
    if (id === null || shown.id === id) shown.refresh();
  }

  changed(conversation: Conversation): void {
    this.#kept.get(conversation.id)?.changed(conversation);
  }

  forget(id: string): void {
    this.#kept.delete(id);
  }

  close(): void {
    this.shown.get().hide();
  }

  #thread(id: string | null): ThreadController {
    if (id === null) return this.#fresh;
    const thread = this.#kept.get(id) ?? new ThreadController(this.#session, id);
    this.#keep(id, thread);
    return thread;
  }

  #keep(id: string, thread: ThreadController): void {
    this.#kept.delete(id);
    this.#kept.set(id, thread);
    for (const [oldest, { sending }] of this.#kept) {
      if (this.#kept.size <= KEPT) break;
      // Whoever comes back to it wants to see what is on its way.
      if (oldest !== id && sending.outgoing.get() === null) this.#kept.delete(oldest);
    }
  }
}
