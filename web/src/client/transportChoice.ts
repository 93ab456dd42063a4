export type Transport = "websocket" | "sse";

/** How often each way has failed, in a row. */
export interface Failures {
  websocket: number;
  sse: number;
  /** Whether a socket has worked before: then it is more likely that the server is down than that sockets are blocked. */
  worked: boolean;
}

const BEFORE_STREAMS = 2;
const BEFORE_STREAMS_ONCE_WORKED = 4;

/** Sockets, until so many have failed; then both by turns, until one of them works. */
export function transportAfter({ websocket, sse, worked }: Failures): Transport {
  const over = websocket - (worked ? BEFORE_STREAMS_ONCE_WORKED : BEFORE_STREAMS);
  return over >= 0 && sse <= over ? "sse" : "websocket";
}
