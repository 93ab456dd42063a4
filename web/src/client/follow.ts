import { Client, type ClientOptions } from "./client.ts";
import type { Follower } from "./follower.ts";
import type { Place } from "./place.ts";

export interface FollowOptions extends Follower, ClientOptions {
  /** The `seq` of the text that is there already; 0, the default, is the beginning. */
  after?: number;
  /** Of `Message`, for `onEnd`. */
  selection?: string;
}

/**
 * Follows one reply over a connection of its own; `Client` has one for many.
 *
 * @returns how to stop it.
 */
export function follow(place: Place, messageId: string, options: FollowOptions): () => void {
  const client = new Client(place, options);
  const { after = 0, selection } = options;
  const follower: Follower = {
    onText: (piece) => options.onText(piece),
    onReplace: (text) => options.onReplace(text),
    onConnection: (state, retryInMs) => options.onConnection?.(state, retryInMs),
    onEnd: (message) => {
      client.close();
      options.onEnd(message);
    },
    onError: (error) => {
      client.close();
      options.onError(error);
    },
  };
  client.follow(messageId, after, follower, selection);
  return () => client.close();
}
