import {
  inFlight,
  type Conversation,
  type Ended,
  type Message,
  type MessagePage,
  type Started,
  type Status,
} from "../graphql/types.ts";

/**
 * What is known of a conversation: a stretch of its selected branch without gaps, ending at the tip.
 *
 * Invariants:
 * - each message is the parent of the next one;
 * - the text of a reply in flight is its follower's alone: an answer that was read meanwhile knows more or less of it, and
 *   the pieces that follow are made for neither;
 * - a reply that has ended is never in flight again, whatever older answer comes late.
 */
export interface Thread {
  phase: "loading" | "ready" | "missing";
  conversation: Conversation | null;
  messages: readonly Message[];
  /** The cursor before which older messages are; null where the first message is the root. */
  older: string | null;
}

export interface Piece {
  content: string;
  reasoning: string | null;
  seq: number;
}

export type ThreadAction =
  | { type: "loaded"; conversation: Conversation | null; page: MessagePage | null }
  | { type: "older"; page: MessagePage }
  | { type: "started"; started: Started }
  | { type: "changed"; conversation: Conversation }
  | { type: "message"; message: Message }
  | { type: "text"; id: string; piece: Piece }
  | { type: "replaced"; id: string; text: Piece }
  | { type: "ended"; id: string; ended: Ended };

export const EMPTY_THREAD: Thread = { phase: "loading", conversation: null, messages: [], older: null };
/** A conversation that begins with its first message. */
export const NEW_THREAD: Thread = { ...EMPTY_THREAD, phase: "ready" };

export function reduceThread(thread: Thread, action: ThreadAction): Thread {
  switch (action.type) {
    case "loaded":
      return loaded(thread, action.conversation, action.page);
    case "older":
      return withOlder(thread, action.page);
    case "started":
      return withStarted(thread, action.started);
    case "changed":
      return { ...thread, conversation: action.conversation };
    case "message":
      return change(settled(thread, action.message), action.message.id, (known) => merge(known, action.message));
    case "text":
      return change(thread, action.id, (message) => withPiece(message, action.piece));
    case "replaced":
      return change(thread, action.id, (message) => withText(message, action.text));
    case "ended":
      return ended(thread, action.id, action.ended);
  }
}

function loaded(thread: Thread, conversation: Conversation | null, page: MessagePage | null): Thread {
  if (conversation === null || page === null) return { ...EMPTY_THREAD, phase: "missing" };
  const known = new Map(thread.messages.map((message) => [message.id, message]));
  const fetched = page.nodes.map((message) => merge(known.get(message.id), message));
  // What hangs above a message never changes, so older messages that were shown are still those of this branch.
  const joint = thread.messages.findIndex((message) => message.id === fetched[0]?.parent?.id);
  const messages = [...thread.messages.slice(0, joint + 1), ...fetched];
  return { phase: "ready", conversation, messages, older: joint >= 0 ? thread.older : cursorBefore(page) };
}

function withOlder(thread: Thread, page: MessagePage): Thread {
  const above = thread.messages[0]?.parent?.id;
  // Another branch was selected while it was read.
  if (above === undefined || page.nodes.at(-1)?.id !== above) return thread;
  return { ...thread, messages: [...page.nodes, ...thread.messages], older: cursorBefore(page) };
}

function withStarted(thread: Thread, { conversation, message, reply }: Started): Thread {
  const known = new Map(thread.messages.map((each) => [each.id, each]));
  // It was read before its answer came: what has been said since stays.
  if (reply && known.has(reply.id)) return change({ ...thread, conversation }, reply.id, (each) => merge(each, reply));
  const kept = upTo(thread.messages, message.parent?.id ?? null);
  if (kept === null) return { ...thread, conversation };
  const begun = [message, ...(reply ? [reply] : [])].map((each) => merge(known.get(each.id), each));
  const older = kept.length > 0 ? thread.older : null;
  return { phase: "ready", conversation, messages: [...kept, ...begun], older };
}

/** The messages down to the one of that id; null where it is not among them. */
function upTo(messages: readonly Message[], id: string | null): readonly Message[] | null {
  if (id === null) return [];
  const at = messages.findIndex((message) => message.id === id);
  return at < 0 ? null : messages.slice(0, at + 1);
}

function cursorBefore({ pageInfo }: MessagePage): string | null {
  return pageInfo.hasPreviousPage ? pageInfo.startCursor : null;
}

function ended(thread: Thread, id: string, how: Ended): Thread {
  const known = settled(thread, { ...how, id });
  return change(known, id, (message) => (inFlight(message) ? { ...message, ...how } : message));
}

/** A reply that has ended is not the one that others have to wait for. */
function settled(thread: Thread, reply: { id: string; status: Status }): Thread {
  const { conversation } = thread;
  if (conversation?.activeCompletion?.id !== reply.id || inFlight(reply)) return thread;
  return { ...thread, conversation: { ...conversation, activeCompletion: null } };
}

function change(thread: Thread, id: string, step: (message: Message) => Message): Thread {
  const at = thread.messages.findIndex((message) => message.id === id);
  const before = thread.messages[at];
  if (before === undefined) return thread;
  const after = step(before);
  return after === before ? thread : { ...thread, messages: thread.messages.with(at, after) };
}

function merge(known: Message | undefined, fetched: Message): Message {
  if (known === undefined) return fetched;
  if (inFlight(known)) return inFlight(fetched) ? { ...known, siblings: fetched.siblings } : fetched;
  if (inFlight(fetched)) return { ...known, siblings: fetched.siblings };
  return fetched;
}

function withPiece(message: Message, piece: Piece): Message {
  if (!inFlight(message)) return message;
  const content = message.content + piece.content;
  const reasoning = piece.reasoning === null ? message.reasoning : (message.reasoning ?? "") + piece.reasoning;
  return { ...message, status: "STREAMING", content, reasoning, seq: piece.seq };
}

function withText(message: Message, text: Piece): Message {
  return inFlight(message) ? { ...message, ...text, status: "STREAMING" } : message;
}

/** The reply that is written on a branch that is not shown, if there is one: others have to wait for it all the same. */
export function activeElsewhere({ conversation, messages }: Thread): Conversation["activeCompletion"] {
  const active = conversation?.activeCompletion ?? null;
  return active === null || messages.some(({ id }) => id === active.id) ? null : active;
}
