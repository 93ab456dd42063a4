import type { Outgoing } from "../composer/outgoing.ts";
import type { Message } from "../graphql/types.ts";

/** The thread as it will be once the server has what is on its way to it. */
export interface Pending {
  messages: readonly Message[];
  /** What the user says; null where a reply is asked for again. */
  said: string | null;
}

export function withOutgoing(messages: readonly Message[], outgoing: Outgoing): Pending {
  if (outgoing.kind === "post") return { messages, said: outgoing.content };
  const at = messages.findIndex(({ id }) => id === outgoing.messageId);
  return {
    messages: at < 0 ? messages : messages.slice(0, at),
    said: outgoing.kind === "edit" ? outgoing.content : null,
  };
}
