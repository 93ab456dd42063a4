import * as documents from "../graphql/documents.ts";
import type { Conversation, ConversationPage } from "../graphql/types.ts";
import type { Session } from "../session/Session.ts";
import { Cell, Store } from "../store.ts";
import { EMPTY_LISTING, reduceListing, type Listing, type ListingAction } from "./listing.ts";

const PAGE_SIZE = 30;

export type Shelf = "active" | "archived";

/** The conversations of the sidebar, and what is done to one of them. */
export class ConversationList {
  readonly shelf = new Cell<Shelf>("active");
  readonly listings: Record<Shelf, Store<Listing, ListingAction>> = {
    active: new Store(reduceListing, EMPTY_LISTING),
    archived: new Store(reduceListing, EMPTY_LISTING),
  };
  readonly #session: Session;
  /** Counts what was changed here: a page that was asked for before says nothing about what has changed since. */
  #changes = 0;
  #paging = false;
  readonly #reading = new Map<Shelf, Promise<void>>();

  constructor(session: Session) {
    this.#session = session;
  }

  show(shelf: Shelf): void {
    this.shelf.dispatch(shelf);
    this.refresh();
  }

  /** Reads the first page again; while that is being done, once more after it. */
  refresh(): void {
    const shelf = this.shelf.get();
    this.#changes += 1;
    if (this.#reading.has(shelf)) return;
    const reading = this.#refresh(shelf)
      .catch(this.#session.complain)
      .finally(() => this.#reading.delete(shelf));
    this.#reading.set(shelf, reading);
  }

  /** Reads the next page, if there is one and it is not being read. */
  async more(): Promise<void> {
    const shelf = this.shelf.get();
    const listing = this.listings[shelf];
    const after = listing.get().end;
    if (after === null || this.#paging) return;
    this.#paging = true;
    try {
      const page = await this.#page(shelf, after);
      // The list was read anew meanwhile, and its end may be another one.
      if (listing.get().end === after) listing.dispatch({ type: "page", page });
    } catch (error) {
      this.#session.complain(error);
    } finally {
      this.#paging = false;
    }
  }

  /** A conversation was read, or changed here. */
  seen(conversation: Conversation): void {
    this.#changes += 1;
    const [here, elsewhere] = conversation.archived ? (["archived", "active"] as const) : (["active", "archived"] as const);
    this.listings[elsewhere].dispatch({ type: "gone", id: conversation.id });
    // What was never listed is listed when somebody looks at it.
    if (this.listings[here].get().phase === "ready") this.listings[here].dispatch({ type: "seen", conversation });
  }

  forget(id: string): void {
    this.#changes += 1;
    for (const listing of Object.values(this.listings)) listing.dispatch({ type: "gone", id });
  }

  async rename(id: string, title: string): Promise<void> {
    await this.#update({ id, title: title.trim() || null });
  }

  async archive(id: string, archived: boolean): Promise<void> {
    await this.#update({ id, archived });
  }

  async delete(id: string): Promise<void> {
    try {
      await this.#session.request(documents.DELETE_CONVERSATION, { id });
      this.#session.gone(id);
      this.#session.tell(id);
    } catch (error) {
      this.#session.complain(error);
    }
  }

  async #update(input: { id: string; title?: string | null; archived?: boolean }): Promise<void> {
    try {
      const answer = await this.#session.request<{ conversation: Conversation }>(documents.UPDATE_CONVERSATION, { input });
      this.#session.changed(answer.conversation);
      this.#session.threads.changed(answer.conversation);
    } catch (error) {
      this.#session.complain(error);
    }
  }

  async #refresh(shelf: Shelf): Promise<void> {
    const changes = this.#changes;
    const page = await this.#page(shelf, null);
    if (changes !== this.#changes) await this.#refresh(shelf);
    else this.listings[shelf].dispatch({ type: "refreshed", page });
  }

  async #page(shelf: Shelf, after: string | null): Promise<ConversationPage> {
    const variables = { first: PAGE_SIZE, after, archived: shelf === "archived" };
    return (await this.#session.persist<{ conversations: ConversationPage }>(documents.CONVERSATIONS, variables)).conversations;
  }
}
