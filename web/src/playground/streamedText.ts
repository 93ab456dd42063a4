import type { Result } from "./operation.ts";

interface TextEvent {
  __typename: "CompletionDelta" | "CompletionSnapshot";
  content: string;
}

/**
 * Joins the text of a followed completion, because GraphiQL shows only the last event of a subscription.
 *
 * The joined text stands beside the event in `extensions.playground.text`: the server's own answer stays as it is.
 * Other subscriptions, and those that do not ask for `__typename` and `content`, pass unchanged.
 */
export function streamedText(): (result: Result) => Result {
  let text: string | undefined;
  return (result) => {
    for (const event of Object.values(result.data ?? {})) {
      if (isTextEvent(event)) text = event.__typename === "CompletionDelta" ? (text ?? "") + event.content : event.content;
    }
    if (text === undefined) return result;
    return { ...result, extensions: { ...result.extensions, playground: { text } } };
  };
}

function isTextEvent(value: unknown): value is TextEvent {
  if (typeof value !== "object" || value === null) return false;
  const { __typename: type, content } = value as Partial<TextEvent>;
  return (type === "CompletionDelta" || type === "CompletionSnapshot") && typeof content === "string";
}
