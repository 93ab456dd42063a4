import { backOffMs } from "./backOff.ts";
import { completionEvent, followOperation, type CompletionEvent } from "./completion.ts";
import type { Connection, Follower } from "./follower.ts";
import type { Line } from "./line.ts";
import { RequestError } from "./requestError.ts";
import type { Response } from "./response.ts";

/** Who has asked for a reply to be followed. */
export interface FollowedOwner {
  /** Something of it has come. */
  progressed(): void;
  /** Of the connection that all share. */
  state(): Connection;
  /** It is over: it has its end, or will never have it. */
  over(followed: Followed): void;
  random(): number;
}

/**
 * One reply on its way to one follower, over any number of lines, one at a time.
 *
 * Invariant: `#seq` is that of the last text delivered, and each subscription begins after it. So an event of the
 * current subscription continues the text exactly there; of an earlier one none is heard.
 */
export class Followed {
  readonly #messageId: string;
  readonly #follower: Follower;
  readonly #selection: string | undefined;
  readonly #owner: FollowedOwner;
  #seq: number;
  #line: Line | undefined;
  #subscription: { stale: boolean; cancel: () => void } | undefined;
  #failures = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #over = false;

  constructor(messageId: string, after: number, follower: Follower, selection: string | undefined, owner: FollowedOwner) {
    this.#messageId = messageId;
    this.#seq = after;
    this.#follower = follower;
    this.#selection = selection;
    this.#owner = owner;
  }

  /** From now on over this line; undefined: over none. */
  use(line: Line | undefined): void {
    if (line && line === this.#line) return;
    this.#leave();
    this.#line = line;
    // A reply that the server has put off keeps to that, whichever line there is.
    if (!this.#timer) this.#subscribe();
  }

  tell(state: Connection, retryInMs?: number): void {
    if (!this.#over) this.#call(() => this.#follower.onConnection?.(state, retryInMs));
  }

  fail(error: RequestError): void {
    if (this.stop()) this.#call(() => this.#follower.onError(error));
  }

  /** Whether it went on until now. */
  stop(): boolean {
    if (this.#over) return false;
    this.#over = true;
    clearTimeout(this.#timer);
    this.#leave();
    this.#owner.over(this);
    return true;
  }

  #subscribe(): void {
    if (!this.#line) return;
    const subscription = { stale: false, cancel: () => {} };
    const hear = (handle: () => void) => {
      if (!subscription.stale) handle();
    };
    this.#subscription = subscription;
    subscription.cancel = this.#line.subscribe(followOperation(this.#messageId, this.#seq, this.#selection), {
      next: (response) => hear(() => this.#next(response)),
      error: (error) => hear(() => this.#refused(error)),
      // Without an end: a server that is about to stop may end subscriptions so.
      complete: () => hear(() => this.#later(0)),
    });
  }

  #leave(): void {
    this.#forget()?.cancel();
  }

  /** Nothing is heard of the subscription any more. */
  #forget() {
    const subscription = this.#subscription;
    if (subscription) subscription.stale = true;
    this.#subscription = undefined;
    return subscription;
  }

  #next(response: Response): void {
    try {
      this.#take(completionEvent(response));
    } catch (error) {
      if (!(error instanceof RequestError)) throw error;
      this.#refused(error);
    }
  }

  #take(event: CompletionEvent): void {
    if (this.#failures) this.tell(this.#owner.state());
    this.#failures = 0;
    this.#owner.progressed();
    if (event.__typename === "CompletionEnd") {
      this.#forget(); // the server ends it now, which leaves the connection fit for the next one
      if (this.stop()) this.#call(() => this.#follower.onEnd(event.message));
      return;
    }
    if (event.seq <= this.#seq) return;
    this.#seq = event.seq;
    const { content, reasoning, seq } = event;
    const hear = event.__typename === "CompletionDelta" ? "onText" : "onReplace";
    this.#call(() => this.#follower[hear]({ content, reasoning, seq }));
  }

  #refused(error: RequestError): void {
    if (error.retryable) this.#later(error.retryAfterMs);
    else this.fail(error);
  }

  #later(atLeastMs: number): void {
    this.#leave();
    const wait = Math.max(atLeastMs, backOffMs(this.#failures++, this.#owner.random()));
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      if (this.#line) this.tell("connecting");
      this.#subscribe();
    }, wait);
    this.tell("waiting", wait);
  }

  /** What a follower throws is its own affair, and reported as any error that nobody catches. */
  #call(tell: () => void): void {
    try {
      tell();
    } catch (error) {
      setTimeout(() => {
        throw error;
      });
    }
  }
}
