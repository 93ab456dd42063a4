import { RequestError, type GraphQLError } from "./requestError.ts";

/** One answer to an operation. */
export interface Response {
  data?: Record<string, unknown> | null;
  errors?: GraphQLError[];
}

const JSON_TYPES = /^application\/(?:graphql-response\+)?json\b/;
const PASSING = new Set([408, 425, 429]);

/** What an HTTP answer is, when it is no stream of events. */
export async function readResponse(answer: globalThis.Response): Promise<Response> {
  const type = answer.headers.get("content-type") ?? "no content type";
  const found = JSON_TYPES.test(type) ? ((await answer.json()) as Response) : {};
  if (found.data !== undefined || found.errors?.length) return found;
  // A gateway, or a portal that wants the user to log in: what stands between client and server may go away.
  const retryable = answer.status < 400 || answer.status >= 500 || PASSING.has(answer.status);
  const message = `The server answered ${answer.status} ${answer.statusText} with ${type}, not with GraphQL`;
  throw new RequestError("NOT_GRAPHQL", message, { retryable });
}

export function unreachable(cause: unknown): RequestError {
  return new RequestError("UNREACHABLE", `The server cannot be reached: ${String(cause)}`, { retryable: true });
}
