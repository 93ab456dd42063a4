import type { Fetcher, FetcherOpts } from "@graphiql/toolkit";
import { Kind, OperationTypeNode, parse, type OperationDefinitionNode } from "graphql";
import { httpTransport } from "./httpTransport.ts";
import { withLatestReply } from "./latestReply.ts";
import { failed, type Operation } from "./operation.ts";
import { streamedText } from "./streamedText.ts";
import { subscribe, type Observable } from "./webSocketTransport.ts";

/** Sends each operation where it belongs: subscriptions over WebSocket, the rest by POST, all to the one `url`. */
export function createFetcher(url: URL): Fetcher {
  const socketUrl = new URL(url);
  socketUrl.protocol = url.protocol === "https:" ? "wss:" : "ws:";
  const fetcher = async (given: Operation, { headers = {} }: FetcherOpts = {}) => {
    const post = httpTransport(url.href, headers);
    const chosen = chooseOperation(given);
    const operation = { ...given, operationName: chosen?.name?.value ?? null };
    try {
      if (chosen?.operation !== OperationTypeNode.SUBSCRIPTION) return await post(operation);
      return map(subscribe(socketUrl.href, headers, await withLatestReply(operation, post)), streamedText());
    } catch (error) {
      return failed(error);
    }
  };
  return fetcher as Fetcher;
}

/**
 * The operation to run. GraphiQL's own idea of it (its name, its parsed document) comes a moment after the text has
 * changed: whoever opens a tab and runs it at once would run the last tab's operation.
 */
function chooseOperation({ query, operationName }: Operation): OperationDefinitionNode | undefined {
  try {
    const operations = parse(query).definitions.filter((node) => node.kind === Kind.OPERATION_DEFINITION);
    return operations.find((node) => node.name?.value === operationName) ?? operations[0];
  } catch {
    // Not GraphQL: the server says so better.
    return undefined;
  }
}

function map<From, To>(source: Observable<From>, change: (value: From) => To): Observable<To> {
  return {
    subscribe: (observer) => source.subscribe({ ...observer, next: (value) => observer.next(change(value)) }),
  };
}
