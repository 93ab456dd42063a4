import type { Connection } from "../../client/index.ts";

/** What the page is doing about the server, as far as people should know. */
export interface ConnectionState {
  online: boolean;
  /** Of the reply that is shown; null where none is in flight. */
  following: Connection | null;
  /** Requests whose last attempt has failed and that are going to be sent again. */
  waiting: number;
  /** Whether one of them is a message of the user's. */
  sending: boolean;
}

export type ConnectionAction =
  | { type: "online"; online: boolean }
  | { type: "following"; following: Connection | null }
  | { type: "waits"; sending: boolean }
  | { type: "answered"; sending: boolean };

export const CONNECTED: ConnectionState = { online: true, following: null, waiting: 0, sending: false };

export function reduceConnection(state: ConnectionState, action: ConnectionAction): ConnectionState {
  switch (action.type) {
    case "online":
      return { ...state, online: action.online };
    case "following":
      return withFollowing(state, followingAfter(state.following, action.following));
    case "waits":
      return { ...state, waiting: state.waiting + 1, sending: state.sending || action.sending };
    case "answered":
      return { ...state, waiting: state.waiting - 1, sending: state.sending && !action.sending };
  }
}

function withFollowing(state: ConnectionState, following: Connection | null): ConnectionState {
  return following === state.following ? state : { ...state, following };
}

/** Each attempt to connect again is a part of the wait until one of them goes well. */
function followingAfter(before: Connection | null, now: Connection | null): Connection | null {
  const lost = before === "waiting" || before === "offline";
  return lost && now === "connecting" ? before : now;
}

/** What is said about it; null while there is nothing to say. */
export function connectionLine({ online, following, waiting, sending }: ConnectionState): string | null {
  const lost = following === "waiting" || following === "offline";
  if (!online) return sending ? "You are offline. Your message is kept and sent later." : "You are offline. Your text is kept.";
  if (sending) return "The server cannot be reached. Your message is kept, and sent as soon as it answers…";
  if (lost) return "Reconnecting… Your text is kept.";
  if (waiting > 0) return "The server cannot be reached. Trying again…";
  return null;
}
