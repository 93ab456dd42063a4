import type { Headers, Operation, Result } from "./operation.ts";

const ACCEPT = "application/graphql-response+json, application/json;q=0.9";

export type Post = <Data = Record<string, unknown>>(operation: Operation) => Promise<Result<Data>>;

/** Queries and mutations, by POST as GraphQL over HTTP has it. */
export function httpTransport(url: string, headers: Headers): Post {
  return async (operation) => {
    const response = await fetch(url, {
      method: "POST",
      headers: { ...headers, "content-type": "application/json", accept: ACCEPT },
      body: JSON.stringify(operation),
    });
    const type = response.headers.get("content-type") ?? "no content type";
    if (!/^application\/(?:graphql-response\+)?json\b/.test(type)) {
      throw new Error(`The server answered ${response.status} ${response.statusText} with ${type}, not with GraphQL.`);
    }
    return response.json();
  };
}
