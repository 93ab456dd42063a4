import { Client, RequestError, request, type Place } from "../../client/index.ts";
import { BackgroundReplies } from "../conversations/BackgroundReplies.ts";
import { ConversationList } from "../conversations/ConversationList.ts";
import * as documents from "../graphql/documents.ts";
import type { Conversation, Model } from "../graphql/types.ts";
import { NEW_CHAT, type Router } from "../route.ts";
import { Cell, Store } from "../store.ts";
import { Threads } from "../thread/Threads.ts";
import { Changes, type Change } from "./changes.ts";
import { complaint } from "./complaint.ts";
import { CONNECTED, reduceConnection } from "./connection.ts";
import { retrying } from "./retrying.ts";

const GRAPHQL = "/graphql";

/** The page's dealings with the server under one key: ended, and begun anew, when another key is to be used. */
export class Session {
  readonly router: Router;
  readonly client: Client;
  readonly connection = new Store(reduceConnection, { ...CONNECTED, online: navigator.onLine });
  readonly models = new Cell<readonly Model[]>([]);
  /** Whether the server wants a key, or another one. */
  readonly wantsKey = new Cell(false);
  /** What is told to those who cannot see it. */
  readonly announcement = new Cell("");
  /** What went wrong last of what was asked for, until it is put away. */
  readonly problem = new Cell<string | null>(null);
  readonly conversations: ConversationList;
  readonly threads: Threads;
  readonly #place: Place;
  readonly #changes: Changes;
  readonly #closed = new AbortController();

  constructor(router: Router, key: string | null) {
    this.router = router;
    this.#place = key === null ? { url: GRAPHQL } : { url: GRAPHQL, key };
    this.client = new Client(this.#place);
    this.conversations = new ConversationList(this);
    this.threads = new Threads(this);
    this.#changes = new Changes((change) => this.#heard(change));
    const tellNetwork = () => this.connection.dispatch({ type: "online", online: navigator.onLine });
    addEventListener("online", tellNetwork, this.#closed);
    addEventListener("offline", tellNetwork, this.#closed);
    const leave = router.route.subscribe(() => this.#open());
    this.signal.addEventListener("abort", leave);
    this.threads.resume();
    this.#open();
    this.#watchBackground();
    this.conversations.refresh();
    void this.#loadModels();
  }

  /** Aborts when the session is over. */
  get signal(): AbortSignal {
    return this.#closed.signal;
  }

  /** Asks once. */
  async request<Data>(document: string, variables: object, signal = this.signal): Promise<Data> {
    try {
      return await request<Data>(this.#place, document, variables, signal);
    } catch (error) {
      if (error instanceof RequestError && error.code === "UNAUTHENTICATED") this.wantsKey.dispatch(true);
      throw error;
    }
  }

  /** Asks for what can be asked for again, until the server has answered. */
  async persist<Data>(document: string, variables: object, { signal = this.signal, sending = false } = {}): Promise<Data> {
    let waiting = false;
    const onWait = () => {
      if (!waiting) this.connection.dispatch({ type: "waits", sending });
      waiting = true;
    };
    try {
      return await retrying((one) => this.request<Data>(document, variables, one), signal, onWait);
    } finally {
      if (waiting) this.connection.dispatch({ type: "answered", sending });
    }
  }

  /** Says what went wrong with what the user has asked for. */
  readonly complain = (error: unknown): void => {
    const text = this.signal.aborted ? null : complaint(error);
    if (text !== null) this.problem.dispatch(text);
  };

  /** Something of the conversation was changed here: the list and the other tabs are to know. */
  changed(conversation: Conversation): void {
    this.conversations.seen(conversation);
    this.tell(conversation.id);
  }

  tell(conversation: string): void {
    this.#changes.tell({ conversation });
  }

  /** A conversation is gone: if it is the open one, a new one is begun. */
  gone(conversation: string): void {
    this.conversations.forget(conversation);
    this.threads.forget(conversation);
    if (this.router.route.get().conversation === conversation) this.router.correct(NEW_CHAT);
  }

  close(): void {
    this.#closed.abort(new Error("the session is over"));
    this.threads.close();
    this.#changes.close();
    this.client.close();
  }

  #watchBackground(): void {
    const replies = new BackgroundReplies(this.client, () => this.conversations.refresh());
    const listing = this.conversations.listings.active;
    const sync = () => replies.sync(listing.get().items, this.threads.shown.get().id);
    for (const store of [listing, this.threads.shown]) {
      this.signal.addEventListener("abort", store.subscribe(sync));
    }
  }

  /** Shows what the address names. */
  #open(): void {
    const { conversation } = this.router.route.get();
    if (this.threads.shown.get().id !== conversation || conversation === null) this.threads.show(conversation);
  }

  #heard({ conversation }: Change): void {
    this.conversations.refresh();
    this.threads.refresh(conversation);
  }

  async #loadModels(): Promise<void> {
    try {
      this.models.dispatch((await this.persist<{ models: Model[] }>(documents.MODELS, {})).models);
    } catch (error) {
      this.complain(error);
    }
  }
}
