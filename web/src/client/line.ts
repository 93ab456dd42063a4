import type { RequestError } from "./requestError.ts";
import type { Response } from "./response.ts";
import type { Operation } from "./transportWs.ts";

/** Who hears of an operation. After `error` or `complete` comes nothing. */
export interface Sink {
  next(response: Response): void;
  error(error: RequestError): void;
  complete(): void;
}

/** A way to the server that is open, or about to be, until it is lost or closed; it is never opened again. */
export interface Line {
  /** What is subscribed before the line is open waits for that. Returns how the operation is ended early, silently. */
  subscribe(operation: Operation, sink: Sink): () => void;
  /** Finds out soon whether the server is still there. */
  probe(): void;
  /** Silently: nobody hears of anything after it. */
  close(): void;
}

/** Who hears of a line. After `lost` comes nothing, of its operations neither. */
export interface LineOwner {
  opened(): void;
  /** @param refusal where the server will not have this client, however often it comes. */
  lost(refusal?: RequestError): void;
}

/** All in milliseconds. */
export interface Pace {
  /** From the first attempt to the server's first word. */
  connect: number;
  /** Without a word of the server before it is asked for one. The server of a socket speaks every 15 s by itself. */
  silence: number;
  /** For its answer to that. */
  answer: number;
  /** The same where something has happened that mostly means a lost connection. */
  hurriedAnswer: number;
  /** Of an event stream, which cannot be asked for a word. Its server speaks every 10 s. */
  streamSilence: number;
  /** How long a line that nobody uses is kept. */
  idle: number;
  /** From the opening of an event stream to the first look at whether sockets work again; doubles with each. */
  socketAgain: number;
}

export const PACE: Pace = {
  connect: 8_000,
  silence: 10_000,
  answer: 5_000,
  hurriedAnswer: 2_000,
  streamSilence: 25_000,
  idle: 5_000,
  socketAgain: 30_000,
};
