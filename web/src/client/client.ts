import { backOffMs } from "./backOff.ts";
import { EventStreamLine } from "./eventStreamLine.ts";
import { Followed, type FollowedOwner } from "./followed.ts";
import type { Connection, Follower } from "./follower.ts";
import { PACE, type Line, type LineOwner, type Pace } from "./line.ts";
import type { Place } from "./place.ts";
import type { RequestError } from "./requestError.ts";
import { transportAfter, type Failures, type Transport } from "./transportChoice.ts";
import { onWakeUp, online } from "./wakeUps.ts";
import { WebSocketLine } from "./webSocketLine.ts";

export interface ClientOptions {
  /** One way only; else sockets, and event streams where those are blocked. */
  transport?: Transport;
  /** Where the platform has none of its own. */
  WebSocket?: typeof WebSocket;
  /** In place of the default one. */
  pace?: Partial<Pace>;
}

/** How long a line has to have been open to have worked, where it had nothing to bring. */
const STEADY_MS = 5_000;
const MOST_DOUBLINGS = 5;

/** Follows any number of replies over one connection, which it makes again whenever that is lost. */
export class Client {
  readonly #place: Place;
  readonly #transport: Transport | undefined;
  readonly #Socket: typeof WebSocket | undefined;
  readonly #pace: Pace;
  readonly #followed = new Set<Followed>();
  readonly #failures: Failures = { websocket: 0, sse: 0, worked: false };
  #line: Line | undefined;
  #way: Transport = "websocket";
  #state: Connection = "connecting";
  #retryAt = 0;
  #lost = 0;
  #openedAt = Infinity;
  #progressed = false;
  /** Another attempt while there is no line, the end of an unused one while there is. */
  #timer: ReturnType<typeof setTimeout> | undefined;
  #socketTimer: ReturnType<typeof setTimeout> | undefined;
  #socketTrials = 0;
  #trial: Line | undefined;
  #sleep: (() => void) | undefined;

  constructor(place: Place, { transport, WebSocket: Socket, pace }: ClientOptions = {}) {
    this.#place = place;
    this.#Socket = Socket ?? globalThis.WebSocket;
    this.#transport = this.#Socket ? transport : "sse";
    this.#pace = { ...PACE, ...pace };
  }

  /**
   * Tells the follower what the reply says after delta `after`: each character once, in order, to its end.
   *
   * @param selection of `Message`, for `onEnd`; `id` and `status` are always there.
   * @returns how to stop it.
   */
  follow(messageId: string, after: number, follower: Follower, selection?: string): () => void {
    const followed = new Followed(messageId, after, follower, selection, this.#followedOwner);
    this.#followed.add(followed);
    queueMicrotask(() => this.#begin(followed));
    return () => followed.stop();
  }

  /** Stops following whatever is followed. The client may be used again. */
  close(): void {
    for (const each of this.#followed) each.stop();
    this.#disconnect();
    this.#sleep?.();
    this.#sleep = undefined;
  }

  readonly #followedOwner: FollowedOwner = {
    random: Math.random,
    progressed: () => {
      if (!this.#progressed) this.#count(true);
      this.#progressed = true;
    },
    state: () => this.#state,
    over: (followed) => {
      this.#followed.delete(followed);
      if (this.#followed.size) return;
      clearTimeout(this.#timer);
      this.#timer = setTimeout(() => this.close(), this.#line ? this.#pace.idle : 0);
    },
  };

  #begin(followed: Followed): void {
    if (!this.#followed.has(followed)) return;
    this.#sleep ??= onWakeUp(() => this.#wakeUp());
    clearTimeout(this.#timer);
    if (!this.#line) return this.#connect();
    followed.use(this.#line);
    this.#tellOne(followed);
  }

  #connect(): void {
    this.#disconnect();
    this.#way = this.#transport ?? transportAfter(this.#failures);
    this.#line = this.#open(this.#way, {
      opened: () => this.#opened(),
      lost: (refusal) => this.#lostLine(refusal),
    });
    this.#tell("connecting");
    for (const each of this.#followed) each.use(this.#line);
  }

  #open(transport: Transport, owner: LineOwner): Line {
    if (transport === "sse" || !this.#Socket) return new EventStreamLine(this.#place, owner, this.#pace);
    return new WebSocketLine(this.#place, owner, this.#pace, this.#Socket);
  }

  #disconnect(): void {
    clearTimeout(this.#timer);
    clearTimeout(this.#socketTimer);
    this.#trial?.close();
    this.#line?.close();
    this.#trial = this.#line = undefined;
    for (const each of this.#followed) each.use(undefined);
  }

  #opened(): void {
    if (this.#way === "sse" && !this.#transport) this.#trySocketLater();
    this.#openedAt = Date.now();
    this.#progressed = false;
    this.#tell("live");
  }

  #lostLine(refusal?: RequestError): void {
    this.#count(this.#progressed || Date.now() - this.#openedAt > STEADY_MS);
    this.#openedAt = Infinity;
    this.#progressed = false;
    this.#disconnect();
    if (refusal) for (const each of [...this.#followed]) each.fail(refusal);
    else if (this.#followed.size) this.#wait(backOffMs(this.#lost, Math.random()));
    else this.close();
  }

  /** A line that opens and brings nothing is as good as none: there are gateways that let through no more than that. */
  #count(worked: boolean): void {
    this.#failures[this.#way] = worked ? 0 : this.#failures[this.#way] + 1;
    this.#lost = worked ? 0 : this.#lost + 1;
    if (!worked || this.#way === "sse") return;
    this.#failures.worked = true;
    this.#socketTrials = 0;
  }

  #wait(ms: number): void {
    this.#retryAt = Date.now() + ms;
    this.#timer = setTimeout(() => this.#connect(), ms);
    this.#tell(online() ? "waiting" : "offline");
  }

  #wakeUp(): void {
    if (this.#line) this.#line.probe();
    else if (this.#followed.size) this.#connect();
  }

  /** Event streams work where sockets were blocked; that may have been a passing thing. */
  #trySocketLater(): void {
    clearTimeout(this.#socketTimer);
    const doublings = Math.min(this.#socketTrials++, MOST_DOUBLINGS);
    this.#socketTimer = setTimeout(() => this.#trySocket(), this.#pace.socketAgain * 2 ** doublings);
  }

  #trySocket(): void {
    this.#trial = this.#open("websocket", {
      opened: () => {
        this.#line?.close();
        this.#line = this.#trial;
        this.#trial = undefined;
        this.#way = "websocket";
        for (const each of this.#followed) each.use(this.#line);
        this.#opened();
      },
      lost: (refusal) => {
        if (!this.#trial) return this.#lostLine(refusal);
        this.#trial = undefined;
        this.#trySocketLater();
      },
    });
  }

  #tell(state: Connection): void {
    if (state === "live" && this.#state === "live") return;
    this.#state = state;
    for (const each of this.#followed) this.#tellOne(each);
  }

  #tellOne(followed: Followed): void {
    const waits = this.#state === "waiting" || this.#state === "offline";
    followed.tell(this.#state, waits ? Math.max(0, this.#retryAt - Date.now()) : undefined);
  }
}
