import type { Message } from "../graphql/types.ts";
import { ending } from "./ending.ts";

/** Longer text is better read where it stands. */
const MOST_CHARACTERS = 1_000;

/** What is read out of a reply that has come to its end. */
export function announcement(reply: Message): string {
  const { content } = reply;
  const said = content.length > MOST_CHARACTERS ? `${content.slice(0, MOST_CHARACTERS)}…` : content;
  return [ending(reply)?.text ?? "Reply:", said].join(" ");
}
