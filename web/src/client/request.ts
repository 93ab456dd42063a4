import { headers, type Place } from "./place.ts";
import { RequestError } from "./requestError.ts";
import { readResponse, unreachable } from "./response.ts";

const ACCEPT = "application/graphql-response+json, application/json;q=0.9";

/**
 * The data of a query or a mutation.
 *
 * Of a mutation whose answer is lost (UNREACHABLE) nobody knows whether it was done: give it an `idempotencyKey`, and it
 * can be sent again.
 *
 * @throws RequestError for the first error of the answer, or where there is none; the signal's reason once that aborts.
 */
export async function request<Data>(
  place: Place,
  query: string,
  variables: object = {},
  signal?: AbortSignal,
): Promise<Data> {
  const method = "POST";
  const body = JSON.stringify({ query, variables });
  const init = { method, body, headers: { ...headers(place), accept: ACCEPT }, signal: signal ?? null };
  try {
    const { data, errors } = await readResponse(await fetch(place.url, init));
    if (errors?.length) throw RequestError.of(errors);
    return data as Data;
  } catch (error) {
    if (error instanceof RequestError) throw error;
    signal?.throwIfAborted();
    throw unreachable(error);
  }
}
