import type { Message } from "../graphql/types.ts";

/** How a reply came to its end, for people; null where there is nothing to say about it. */
export interface Ending {
  tone: "quiet" | "warning" | "error";
  text: string;
  /** The code of what went wrong, for those who look for it. */
  code: string | null;
  retry: boolean;
}

const INTERRUPTED = "The server went away while this was being written. All that it had said is here.";

const EMPTY: Ending = { tone: "quiet", text: "It said nothing.", code: null, retry: true };

type Ended = Pick<Message, "status" | "finishReason" | "error" | "content" | "reasoning">;

export function ending({ status, finishReason, error, content, reasoning }: Ended): Ending | null {
  switch (status) {
    case "STOPPED":
      return { tone: "quiet", text: "Stopped.", code: null, retry: false };
    case "INTERRUPTED":
      return { tone: "warning", text: INTERRUPTED, code: null, retry: true };
    case "FAILED":
      return { tone: "error", text: error?.message ?? "The reply failed.", code: error?.code ?? null, retry: true };
    case "COMPLETE":
      return cutOff(finishReason) ?? (content === "" && !reasoning ? EMPTY : null);
    default:
      return null;
  }
}

function cutOff(reason: Message["finishReason"]): Ending | null {
  switch (reason) {
    case "LENGTH":
      return { tone: "quiet", text: "Cut off: it reached the most tokens allowed.", code: null, retry: false };
    case "CONTENT_FILTER":
      return { tone: "warning", text: "Cut off by the provider's content filter.", code: null, retry: true };
    case "TOOL_CALLS":
      return { tone: "quiet", text: "It asked for tools, which are not called here.", code: null, retry: false };
    default:
      return null;
  }
}
