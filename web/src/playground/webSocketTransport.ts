import { createClient, type SubscribePayload } from "graphql-ws";
import { failed, type Headers, type Operation, type Result } from "./operation.ts";

/** What GraphiQL calls an observable. */
export interface Observable<Value> {
  subscribe(observer: Observer<Value>): { unsubscribe(): void };
}

export interface Observer<Value> {
  next(value: Value): void;
  error(error: unknown): void;
  complete(): void;
}

/**
 * A subscription over graphql-transport-ws, on a socket of its own so that `headers` are those of this run.
 *
 * It never reconnects by itself: that would send the first `after` again and show text twice.
 */
export function subscribe(url: string, headers: Headers, operation: Operation): Observable<Result> {
  return {
    subscribe(observer) {
      const client = createClient({ url, connectionParams: headers, retryAttempts: 0 });
      const unsubscribe = client.subscribe(operation as SubscribePayload, {
        next: (result) => observer.next(result as Result),
        error: (error) => {
          observer.next(toResult(error));
          observer.complete();
        },
        complete: () => observer.complete(),
      });
      return { unsubscribe };
    },
  };
}

/** What ended the subscription: the server's GraphQL errors, a closed socket, or a failure to connect. */
function toResult(error: unknown): Result {
  if (Array.isArray(error)) return { errors: error };
  if (!(error instanceof CloseEvent)) return failed(error);
  const reason = error.reason ? `${error.code} ${error.reason}` : String(error.code);
  return failed(new Error(`The subscription's socket was closed: ${reason}.`));
}
