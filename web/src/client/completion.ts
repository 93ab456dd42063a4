import { RequestError } from "./requestError.ts";
import type { Response } from "./response.ts";
import type { Operation } from "./transportWs.ts";

/** Text of a reply. */
export interface Text {
  content: string;
  /** What the model thought before it spoke, where it tells. */
  reasoning: string | null;
  /** The last delta that is in it: a follow `after` it gives exactly the rest. */
  seq: number;
}

/** A reply that will not change any more: the id, how it ended, and what was selected of it. */
export interface EndedMessage {
  id: string;
  status: "COMPLETE" | "STOPPED" | "FAILED" | "INTERRUPTED";
  [field: string]: unknown;
}

export type CompletionEvent =
  | ({ __typename: "CompletionDelta" | "CompletionSnapshot" } & Text)
  | { __typename: "CompletionEnd"; seq: number; message: EndedMessage };

/** The text is not in it: whoever followed has it. */
export const ENDED_SELECTION = `model finishReason completedAt
      usage { promptTokens completionTokens totalTokens source }
      error { code message retryable }`;

/** @param selection of the message that has ended, beside `id` and `status`. */
export function followOperation(messageId: string, after: number, selection = ENDED_SELECTION): Operation {
  const query = `subscription Follow($id: ID!, $after: Int) {
  completion(messageId: $id, after: $after) {
    __typename
    seq
    ... on CompletionDelta { content reasoning }
    ... on CompletionSnapshot { content reasoning }
    ... on CompletionEnd { message { id status
      ${selection} } }
  }
}`;
  return { query, variables: { id: messageId, after } };
}

/** @throws RequestError where the server has an error in place of an event. */
export function completionEvent({ data, errors }: Response): CompletionEvent {
  if (errors?.length || !data?.["completion"]) throw RequestError.of(errors ?? []);
  return data["completion"] as CompletionEvent;
}
