/** As GraphQL spells an error. */
export interface GraphQLError {
  message: string;
  extensions?: Record<string, unknown>;
}

/** What the server has refused, or why there is no answer of it. The message is written for people. */
export class RequestError extends Error {
  /** As the server has it, such as NOT_FOUND; UNREACHABLE and NOT_GRAPHQL where the server has not spoken. */
  readonly code: string;
  /** Of the input, where one is to blame. */
  readonly field?: string;
  readonly extensions: Record<string, unknown>;
  /** Whether the same may go well another time. */
  readonly retryable: boolean;

  constructor(code: string, message: string, extensions: Record<string, unknown> = {}) {
    super(message);
    this.name = "RequestError";
    this.code = code;
    if (typeof extensions["field"] === "string") this.field = extensions["field"];
    this.extensions = extensions;
    this.retryable = extensions["retryable"] === true;
  }

  /** The first of them: the others are mostly its consequences. */
  static of(errors: readonly GraphQLError[]): RequestError {
    const { message = "The server gave no reason", extensions = {} } = errors[0] ?? {};
    return new RequestError(String(extensions["code"] ?? "INTERNAL"), message, extensions);
  }

  /** How long the server wants to be left alone; 0 where it does not say. */
  get retryAfterMs(): number {
    return Number(this.extensions["retryAfterSeconds"] ?? 0) * 1000 || 0;
  }
}
