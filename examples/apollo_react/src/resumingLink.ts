import { ApolloLink } from "@apollo/client";
import { defer, retry, tap, throwError, timer } from "rxjs";

const RETRY_MS = 500;

/** Makes a lost subscription to `completion` again, after the last event that came: each event comes once. */
export const resumingLink = new ApolloLink((operation, forward) => {
  let seq: number = operation.variables["after"] ?? 0;
  return defer(() => {
    operation.variables = { ...operation.variables, after: seq };
    return forward(operation);
  }).pipe(
    tap(({ data }) => {
      seq = data?.["completion"]?.seq ?? seq;
    }),
    // Errors of the server itself are results; those that end the subscription have come as a list.
    retry({ delay: (error) => (isFinal(error) ? throwError(() => error) : timer(RETRY_MS)) }),
  );
});

interface GraphQLErrors {
  errors?: readonly { extensions?: { retryable?: boolean } }[];
}

function isFinal(error: GraphQLErrors): boolean {
  return error.errors?.some(({ extensions }) => !extensions?.retryable) ?? false;
}
