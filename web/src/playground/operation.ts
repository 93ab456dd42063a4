/** What is sent to be executed, over either transport. */
export interface Operation {
  query: string;
  operationName?: string | null;
  variables?: Record<string, unknown>;
}

/** What comes back: one for a query or mutation, any number for a subscription. */
export interface Result<Data = Record<string, unknown>> {
  data?: Data | null;
  errors?: readonly { message: string }[];
  extensions?: Record<string, unknown>;
}

/** As the user typed them: `authorization`, `x-api-key`, … */
export type Headers = Record<string, string>;

/** A failure on the way, told as a server tells one: GraphiQL would show our stack trace with an `Error`. */
export function failed(error: unknown): Result<never> {
  return { errors: [{ message: error instanceof Error ? error.message : String(error) }] };
}
