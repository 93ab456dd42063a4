// What the documents beside this file select, as the schema has it.

export type Role = "SYSTEM" | "USER" | "ASSISTANT" | "DATA" | "TOOL";
export type Status = "QUEUED" | "STREAMING" | "COMPLETE" | "STOPPED" | "FAILED" | "INTERRUPTED";
export type FinishReason = "STOP" | "LENGTH" | "CONTENT_FILTER" | "TOOL_CALLS";

export interface Usage {
  promptTokens: number;
  completionTokens: number;
  totalTokens: number;
  source: "PROVIDER" | "ESTIMATED";
}

export interface ReplyError {
  code: string;
  message: string;
  retryable: boolean;
}

/** What the end of a completion tells beside its text. */
export interface Ended {
  status: Status;
  model: string | null;
  finishReason: FinishReason | null;
  usage: Usage | null;
  error: ReplyError | null;
}

export interface Message extends Ended {
  id: string;
  role: Role;
  content: string;
  reasoning: string | null;
  seq: number;
  createdAt: string;
  parent: { id: string } | null;
  siblings: readonly { id: string }[];
}

export interface Conversation {
  id: string;
  title: string | null;
  model: string | null;
  archived: boolean;
  updatedAt: string;
  /** A reply in flight, on whatever branch, and how far it had come. */
  activeCompletion: { id: string; seq: number } | null;
}

export interface PageInfo {
  hasNextPage: boolean;
  endCursor: string | null;
}

export interface MessagePage {
  nodes: readonly Message[];
  pageInfo: { hasPreviousPage: boolean; startCursor: string | null };
}

export interface ConversationPage {
  nodes: readonly Conversation[];
  pageInfo: PageInfo;
}

export interface Hit {
  headline: string;
  node: { id: string; role: Role; conversation: { id: string; title: string | null; archived: boolean } };
}

export interface SearchPage {
  edges: readonly Hit[];
  pageInfo: PageInfo;
}

export interface Model {
  id: string;
  ownedBy: string;
}

/** What a post, an edit or a regeneration has begun. */
export interface Started {
  conversation: Conversation;
  message: Message;
  reply: Message | null;
}

export function inFlight(message: { status: Status }): boolean {
  return message.status === "QUEUED" || message.status === "STREAMING";
}
