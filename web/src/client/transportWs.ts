/** graphql-transport-ws: https://github.com/enisdenjo/graphql-ws/blob/master/PROTOCOL.md */

import { RequestError, type GraphQLError } from "./requestError.ts";
import type { Response } from "./response.ts";

export const SUBPROTOCOL = "graphql-transport-ws";

export type ServerMessage =
  | { type: "connection_ack" | "ping" | "pong" }
  | { type: "next"; id: string; payload: Response }
  | { type: "error"; id: string; payload: GraphQLError[] }
  | { type: "complete"; id: string };

export type ClientMessage =
  | { type: "connection_init"; payload: Record<string, string> }
  | { type: "ping" | "pong" }
  | { type: "subscribe"; id: string; payload: Operation }
  | { type: "complete"; id: string };

/** What a client asks for. */
export interface Operation {
  query: string;
  variables: Record<string, unknown>;
}

type Shape = (message: Record<string, unknown>) => boolean;

const hasId: Shape = ({ id }) => typeof id === "string";
const SHAPES: Record<ServerMessage["type"], Shape> = {
  connection_ack: () => true,
  ping: () => true,
  pong: () => true,
  next: (message) => hasId(message) && typeof message["payload"] === "object" && message["payload"] !== null,
  error: (message) => hasId(message) && Array.isArray(message["payload"]),
  complete: hasId,
};

/** Undefined for what the protocol does not have: whoever speaks there is no GraphQL server. */
export function readMessage(text: unknown): ServerMessage | undefined {
  try {
    const message = JSON.parse(String(text)) as Record<string, unknown>;
    const shape = Object.hasOwn(SHAPES, String(message["type"])) && SHAPES[message["type"] as ServerMessage["type"]];
    return shape && shape(message) ? (message as ServerMessage) : undefined;
  } catch {
    return undefined;
  }
}

const REFUSALS: Record<number, string> = {
  4400: "BAD_USER_INPUT",
  4401: "UNAUTHENTICATED",
  4403: "UNAUTHENTICATED",
};

/** Why the server will not have this client, however often it comes; undefined for a close to connect again after. */
export function refusalOf(code: number, reason: string): RequestError | undefined {
  const refusal = REFUSALS[code];
  return refusal ? new RequestError(refusal, reason || `The server closed the connection with ${code}`) : undefined;
}
