import type { Message } from "../graphql/types.ts";

/** Who answered and what it took: "demo · 120 tokens"; about so many where nobody counted but the server. */
export function usageLine({ model, usage }: Pick<Message, "model" | "usage">): string {
  const parts = model === null ? [] : [model];
  if (usage) parts.push(`${usage.source === "ESTIMATED" ? "≈ " : ""}${counted(usage.totalTokens)}`);
  return parts.join(" · ");
}

/** The same taken apart. */
export function usageDetail({ usage }: Pick<Message, "usage">): string | null {
  if (!usage) return null;
  const source = usage.source === "ESTIMATED" ? "estimated by the server" : "counted by the provider";
  return `${counted(usage.promptTokens)} in, ${counted(usage.completionTokens)} out, ${source}`;
}

function counted(tokens: number): string {
  return `${tokens.toLocaleString("en")} ${tokens === 1 ? "token" : "tokens"}`;
}
