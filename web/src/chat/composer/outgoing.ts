/**
 * What is on its way to the server. Its key makes it safe to send again when the answer is lost: the server does it once.
 * What is sent again has to be the very same, so nothing of it changes until the server has answered.
 */
export type Outgoing =
  | { kind: "post"; key: string; conversationId: string | null; content: string; model: string | null }
  | { kind: "edit"; key: string; messageId: string; content: string; model: string | null }
  | { kind: "regenerate"; key: string; messageId: string; model: string | null };

/** The input of its mutation. */
export function inputOf(outgoing: Outgoing): Record<string, string> {
  const { kind: _, key, model, ...rest } = outgoing;
  const given = Object.entries(rest).filter((entry): entry is [string, string] => entry[1] !== null);
  return { ...Object.fromEntries(given), ...(model !== null && { model }), idempotencyKey: key };
}

/** What was stored, or null where that is none of ours: an older release's, or somebody's own. */
export function parseOutgoing(stored: string | null): Outgoing | null {
  if (stored === null) return null;
  try {
    const value: unknown = JSON.parse(stored);
    return isOutgoing(value) ? value : null;
  } catch {
    return null;
  }
}

function isOutgoing(value: unknown): value is Outgoing {
  if (typeof value !== "object" || value === null) return false;
  const { kind, key, content, model, messageId, conversationId } = value as Record<string, unknown>;
  if (typeof key !== "string" || !(model === null || typeof model === "string")) return false;
  if (kind === "post") {
    return typeof content === "string" && (conversationId === null || typeof conversationId === "string");
  }
  return typeof messageId === "string" && (kind === "regenerate" || (kind === "edit" && typeof content === "string"));
}

/** The draft once a post was refused: its text is back, before what was typed since. */
export function refusedDraft(content: string, typed: string): string {
  return typed.trim() === "" ? content : `${content}\n\n${typed}`;
}
