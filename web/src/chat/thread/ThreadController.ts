import { RequestError } from "../../client/index.ts";
import { Drafts } from "../composer/Drafts.ts";
import { refusedDraft, type Outgoing } from "../composer/outgoing.ts";
import { Sending, type Order } from "../composer/Sending.ts";
import * as documents from "../graphql/documents.ts";
import { inFlight, type Conversation, type Message, type MessagePage, type Started } from "../graphql/types.ts";
import type { Session } from "../session/Session.ts";
import { Cell, Store } from "../store.ts";
import { announcement } from "./announcement.ts";
import { Following } from "./Following.ts";
import { EMPTY_THREAD, NEW_THREAD, reduceThread, type ThreadAction } from "./thread.ts";

const PAGE_SIZE = 30;
const MOST_PER_PAGE = 100;
const AGAIN_MS = 1_000;

type WithMessages = Conversation & { messages: MessagePage };
type MessagePlace = { message: { conversation: { id: string } } | null };

let made = 0;

/** One conversation as it is shown: read, followed while something of it is in flight, and changed. */
export class ThreadController {
  /** Tells it from others, also before it has an id. */
  readonly key = (made += 1);
  readonly store;
  readonly drafts: Drafts;
  readonly sending: Sending;
  /** The message whose wording is being changed, and the wording so far. */
  readonly editing = new Cell<{ id: string; text: string } | null>(null);
  /** The model that was picked for what comes next. */
  readonly model = new Cell<string | null>(null);
  /** Older messages that are being read. */
  readonly older = new Cell<Promise<void> | null>(null);
  #id: string | null;
  readonly #session: Session;
  readonly #following: Following;
  #shown = false;
  /** Counts what was changed here or elsewhere: what was asked for before says nothing about what has changed since. */
  #changes = 0;
  #reading: Promise<void> | null = null;

  constructor(session: Session, id: string | null) {
    this.#session = session;
    this.#id = id;
    this.store = new Store(reduceThread, id === null ? NEW_THREAD : EMPTY_THREAD);
    this.drafts = new Drafts(id);
    this.sending = new Sending(session, this.drafts, {
      onStarted: (started) => this.#started(started),
      onRefused: (outgoing, error) => this.#refused(outgoing, error),
    });
    this.#following = new Following(session.client, {
      onText: (messageId, piece) => this.#dispatchText({ type: "text", id: messageId, piece }),
      onReplace: (messageId, text) => this.#dispatchText({ type: "replaced", id: messageId, text }),
      onEnd: (messageId, ended) => this.#ended({ type: "ended", id: messageId, ended }),
      onError: (_, error) => this.#lost(error),
      onConnection: (following) => session.connection.dispatch({ type: "following", following }),
    });
  }

  /** Null until the first message of a new conversation is acknowledged. */
  get id(): string | null {
    return this.#id;
  }

  /** The reply in flight on the branch that is shown. */
  get active(): Message | undefined {
    return this.store.get().messages.find(inFlight);
  }

  /** It is the one that is looked at now. */
  show(): void {
    this.#shown = true;
    this.#following.sync(this.store.get());
    this.refresh();
  }

  /** Keeps what it has: when it is shown again it goes on from there. */
  hide(): void {
    this.#shown = false;
    this.#following.sync(null);
  }

  /** Reads the tip again, and what is above it as far as it is shown. */
  refresh(): void {
    if (this.#id === null) return;
    this.#changes += 1;
    if (this.#reading) return;
    this.#reading = this.#read(this.#id)
      .catch(this.#session.complain)
      .finally(() => (this.#reading = null));
  }

  /** Reads the page above the first message that is shown, once at a time. */
  loadOlder(): Promise<void> {
    const { older } = this.store.get();
    if (this.#id === null || older === null) return Promise.resolve();
    const reading =
      this.older.get() ??
      this.#readOlder(this.#id, older)
        .catch(this.#session.complain)
        .finally(() => this.older.dispatch(null));
    this.older.dispatch(reading);
    return reading;
  }

  /** Brings a message to where it can be shown: pages up to it, or selects the branch that it is on. */
  async reveal(messageId: string): Promise<boolean> {
    await this.#reading;
    for (let above = this.store.get().older; !this.#has(messageId) && above !== null; ) {
      await this.loadOlder();
      const { older } = this.store.get();
      // It could not be read: whether the message is on this branch is not known, and selecting might leave it.
      if (older === above) return false;
      above = older;
    }
    if (!this.#has(messageId) && (await this.#isHere(messageId))) await this.select(messageId);
    return this.#has(messageId);
  }

  post(content: string, model: string | null): void {
    this.#send({ kind: "post", conversationId: this.#id, content, model });
  }

  postDraft(model: string | null): void {
    this.post(this.drafts.text.get(), model);
    // It is kept as what is on its way by now.
    this.drafts.write("");
  }

  startEditing({ id, content }: Message): void {
    this.editing.dispatch({ id, text: content });
  }

  /** Begins to edit the user's last message; says whether there is one that can be edited now. */
  editLast(): boolean {
    const last = this.store.get().messages.findLast(({ role }) => role === "USER");
    if (last === undefined || this.active || this.sending.outgoing.get()) return false;
    this.startEditing(last);
    return true;
  }

  edit(messageId: string, content: string, model: string | null): void {
    this.editing.dispatch(null);
    this.#send({ kind: "edit", messageId, content, model });
  }

  regenerate(messageId: string, model: string | null): void {
    this.#send({ kind: "regenerate", messageId, model });
  }

  async stop(messageId: string): Promise<void> {
    await this.#mutate(async () => {
      const { message } = await this.#session.request<{ message: Message }>(documents.STOP, { id: messageId });
      this.#dispatch({ type: "message", message });
      this.#settled();
    });
  }

  async select(messageId: string): Promise<void> {
    await this.#mutate(async () => {
      const changes = this.#changes;
      const variables = { id: messageId, last: PAGE_SIZE };
      const { conversation } = await this.#session.request<{ conversation: WithMessages }>(
        documents.SELECT_BRANCH,
        variables,
      );
      // Of two that were asked for one after the other, the answers may come the other way round.
      if (changes !== this.#changes) this.refresh();
      else this.#dispatch({ type: "loaded", conversation, page: conversation.messages });
      this.#session.tell(conversation.id);
    });
  }

  /** It was changed elsewhere on this page. */
  changed(conversation: Conversation): void {
    this.#dispatch({ type: "changed", conversation });
  }

  #send(order: Order): void {
    const { problem, router } = this.#session;
    problem.dispatch(null);
    // The tip is looked at from now on, also after a reload.
    if (router.route.get().message !== null) router.correct({ conversation: this.#id, message: null });
    this.sending.send(order);
  }

  async #mutate(change: () => Promise<void>): Promise<void> {
    this.#changes += 1;
    this.#session.problem.dispatch(null);
    try {
      await change();
    } catch (error) {
      this.#session.complain(error);
    }
    this.#changes += 1;
  }

  async #read(id: string): Promise<void> {
    const changes = this.#changes;
    const last = Math.min(Math.max(this.store.get().messages.length, PAGE_SIZE), MOST_PER_PAGE);
    const conversation = await this.#fetch(id, last);
    if (changes !== this.#changes) return this.#read(id);
    this.#dispatch({ type: "loaded", conversation, page: conversation?.messages ?? null });
  }

  async #fetch(id: string, last: number): Promise<WithMessages | null> {
    try {
      const variables = { id, last };
      return (await this.#session.persist<{ conversation: WithMessages | null }>(documents.THREAD, variables)).conversation;
    } catch (error) {
      // An address that was typed, or cut off, has an id that is none.
      if (error instanceof RequestError && error.code === "BAD_USER_INPUT") return null;
      throw error;
    }
  }

  async #readOlder(id: string, before: string): Promise<void> {
    const variables = { id, last: PAGE_SIZE, before };
    const { conversation } = await this.#session.persist<{ conversation: WithMessages | null }>(
      documents.OLDER_MESSAGES,
      variables,
    );
    if (conversation) this.#dispatch({ type: "older", page: conversation.messages });
  }

  #started(started: Started): void {
    this.#changes += 1;
    const begins = this.#id === null;
    if (begins) {
      this.#id = started.conversation.id;
      this.drafts.move(this.#id);
    }
    this.#dispatch({ type: "started", started });
    this.#session.changed(started.conversation);
    if (begins) this.#session.threads.begun(this);
    // Something else was posted meanwhile, or this was done long ago and only its answer came late.
    const { reply } = started;
    if (reply && (!inFlight(reply) || this.store.get().messages.at(-1)?.id !== reply.id)) this.refresh();
  }

  #refused(outgoing: Outgoing, error: unknown): void {
    if (outgoing.kind === "post") this.drafts.write(refusedDraft(outgoing.content, this.drafts.text.get()));
    if (outgoing.kind === "edit") this.editing.dispatch({ id: outgoing.messageId, text: outgoing.content });
    if (error !== null) this.#session.complain(error);
    // What stands in the way, such as a reply that another tab has asked for, is to be seen.
    this.refresh();
  }

  #dispatch(action: ThreadAction): void {
    this.store.dispatch(action);
    if (this.#shown) this.#following.sync(this.store.get());
  }

  #dispatchText(action: ThreadAction): void {
    this.store.dispatchLazily(action);
  }

  #ended(action: ThreadAction & { type: "ended" }): void {
    this.#dispatch(action);
    const reply = this.store.get().messages.find(({ id }) => id === action.id);
    if (reply) this.#session.announcement.dispatch(announcement(reply));
    this.#settled();
    // Of several replies to one message others may still be written.
    if (reply?.siblings.length !== 1) this.refresh();
  }

  /** A reply has come to its end, and the list shows what is in flight. */
  #settled(): void {
    this.#session.conversations.refresh();
    if (this.#id !== null) this.#session.tell(this.#id);
  }

  /** A reply that cannot be followed: what has become of it is to be read. */
  #lost(error: RequestError): void {
    if (error.code === "UNAUTHENTICATED") this.#session.wantsKey.dispatch(true);
    else if (error.code !== "NOT_FOUND") this.#session.complain(error);
    setTimeout(() => this.refresh(), AGAIN_MS);
  }

  /** An address can name any message; to select one of another conversation would show that one here. */
  async #isHere(messageId: string): Promise<boolean> {
    try {
      const { message } = await this.#session.persist<MessagePlace>(documents.MESSAGE_PLACE, { id: messageId });
      return message !== null && message.conversation.id === this.#id;
    } catch (error) {
      if (!(error instanceof RequestError && error.code === "BAD_USER_INPUT")) this.#session.complain(error);
      return false;
    }
  }

  #has(messageId: string): boolean {
    return this.store.get().messages.some(({ id }) => id === messageId);
  }
}
