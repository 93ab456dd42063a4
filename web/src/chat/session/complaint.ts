import { RequestError } from "../../client/index.ts";

const UNREACHABLE = "The server cannot be reached. Try again when it is back.";

/** What people are told of an error; null where they are told in another way, or need not know. */
export function complaint(error: unknown): string | null {
  if (error instanceof RequestError) {
    if (error.code === "UNAUTHENTICATED") return null;
    if (error.code === "UNREACHABLE") return UNREACHABLE;
  }
  return capitalised(error instanceof Error ? error.message : String(error));
}

function capitalised(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
