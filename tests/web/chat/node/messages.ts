import type { Conversation, Message, MessagePage } from "../../../../web/src/chat/graphql/types.ts";

/** A message as the server has it; what is not given says nothing. */
export function message(id: string, given: Partial<Message> = {}): Message {
  return {
    id,
    role: "ASSISTANT",
    content: "",
    reasoning: null,
    status: "COMPLETE",
    seq: 0,
    model: null,
    finishReason: null,
    usage: null,
    error: null,
    createdAt: "2026-01-01T00:00:00.000+00:00",
    parent: null,
    siblings: [{ id }],
    ...given,
  };
}

/** Messages of these ids, each the parent of the next, the first below `above`. */
export function branch(ids: string, above: string | null = null): Message[] {
  const all = [...(above === null ? [] : [above]), ...ids];
  return [...ids].map((id) => {
    const parent = all[all.indexOf(id) - 1];
    return message(id, { parent: parent === undefined ? null : { id: parent } });
  });
}

export function page(nodes: readonly Message[], startCursor: string | null = null): MessagePage {
  return { nodes, pageInfo: { hasPreviousPage: startCursor !== null, startCursor } };
}

export function conversation(id: string, given: Partial<Conversation> = {}): Conversation {
  const updatedAt = "2026-01-01T00:00:00.000+00:00";
  return { id, title: null, model: null, archived: false, updatedAt, activeCompletion: null, ...given };
}
