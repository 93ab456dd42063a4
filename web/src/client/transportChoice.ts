export type Transport = "websocket" | "sse";

/** How often each way has failed to open, in a row, since one of them did. */
export interface Failures {
  websocket: number;
  sse: number;
  /** Whether a socket has ever opened here: then it is more likely that the server is down than that sockets are blocked. */
  opened: boolean;
}

const BEFORE_STREAMS = 2;
const BEFORE_STREAMS_ONCE_OPENED = 4;

/** Sockets, until so many have not opened; then both by turns, until one of them opens. */
export function transportAfter({ websocket, sse, opened }: Failures): Transport {
  const over = websocket - (opened ? BEFORE_STREAMS_ONCE_OPENED : BEFORE_STREAMS);
  return over >= 0 && sse <= over ? "sse" : "websocket";
}
