import type { Conversation, Message, Model } from "../graphql/types.ts";

/**
 * The model that the next message is for: the one that was picked, else the conversation's, else the one that has answered
 * last, else the server's default, which is its first.
 */
export function modelInUse(
  models: readonly Model[],
  picked: string | null,
  conversation: Conversation | null,
  messages: readonly Message[],
): string | null {
  const offered = new Set(models.map(({ id }) => id));
  const answered = messages.findLast(({ role }) => role === "ASSISTANT")?.model;
  const wanted = [picked, conversation?.model, answered].find((id) => id != null && offered.has(id));
  return wanted ?? models[0]?.id ?? null;
}
