import type { Client, Connection, EndedMessage, RequestError } from "../../client/index.ts";
import { ENDED } from "../graphql/documents.ts";
import { inFlight, type Ended, type Message } from "../graphql/types.ts";
import type { Piece } from "./thread.ts";

export interface FollowingEvents {
  onText(id: string, piece: Piece): void;
  onReplace(id: string, text: Piece): void;
  onEnd(id: string, ended: Ended): void;
  onError(id: string, error: RequestError): void;
  onConnection(state: Connection | null): void;
}

/** Follows exactly those replies of a thread that are in flight, each from the text on that is shown of it. */
export class Following {
  readonly #client: Client;
  readonly #events: FollowingEvents;
  readonly #stops = new Map<string, () => void>();

  constructor(client: Client, events: FollowingEvents) {
    this.#client = client;
    this.#events = events;
  }

  sync(messages: readonly Message[]): void {
    const wanted = new Map(messages.filter(inFlight).map((message) => [message.id, message]));
    for (const [id, stop] of this.#stops) {
      if (wanted.has(id)) continue;
      stop();
      this.#stops.delete(id);
      if (this.#stops.size === 0) this.#events.onConnection(null);
    }
    for (const message of wanted.values()) {
      if (!this.#stops.has(message.id)) this.#stops.set(message.id, this.#follow(message));
    }
  }

  #follow({ id, seq }: Message): () => void {
    const follower = {
      onText: (piece: Piece) => this.#events.onText(id, piece),
      onReplace: (text: Piece) => this.#events.onReplace(id, text),
      onEnd: (message: EndedMessage) => this.#events.onEnd(id, message as unknown as Ended),
      onError: (error: RequestError) => this.#events.onError(id, error),
      onConnection: (state: Connection) => this.#events.onConnection(state),
    };
    return this.#client.follow(id, seq, follower, ENDED);
  }
}
