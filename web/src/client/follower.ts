import type { EndedMessage, Text } from "./completion.ts";
import type { RequestError } from "./requestError.ts";

/**
 * - `connecting`: now, for the first time or again.
 * - `live`: what the server says comes as it says it.
 * - `waiting`: for the next attempt.
 * - `offline`: as `waiting`, and the machine says that it has no network.
 */
export type Connection = "connecting" | "live" | "waiting" | "offline";

/** Who follows a reply. Hears nothing before `follow` has returned, and nothing after it has been stopped. */
export interface Follower {
  /** Follows all text before. */
  onText(piece: Text): void;
  /** Replaces all text so far: the log of a reply that ended long ago is no longer kept. */
  onReplace(text: Text): void;
  /** Once, and last. */
  onEnd(message: EndedMessage): void;
  /** What no other attempt mends, such as NOT_FOUND or UNAUTHENTICATED. Once, and last. */
  onError(error: RequestError): void;
  /** @param retryInMs until the next attempt. */
  onConnection?(state: Connection, retryInMs?: number): void;
}
