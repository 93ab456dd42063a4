import type { Client, Connection, EndedMessage, RequestError } from "../../client/index.ts";
import { ENDED } from "../graphql/documents.ts";
import { inFlight, type Ended } from "../graphql/types.ts";
import { activeElsewhere, type Piece, type Thread } from "./thread.ts";

type Follows = Pick<Client, "follow">;

export interface FollowingEvents {
  onText(id: string, piece: Piece): void;
  onReplace(id: string, text: Piece): void;
  onEnd(id: string, ended: Ended): void;
  onError(id: string, error: RequestError): void;
  onConnection(state: Connection | null): void;
}

interface Followed {
  stop: () => void;
  /** Whether its text is shown. */
  shown: boolean;
}

/**
 * Follows exactly those replies of a conversation that are in flight: those that are shown from the text on that is shown
 * of them, and one on another branch for its end.
 *
 * Invariant: what a follower delivers to a text begins where that text ended when the follower began. So one that was
 * begun for a reply out of sight ends when the reply comes into sight, and the other way round.
 */
export class Following {
  readonly #client: Follows;
  readonly #events: FollowingEvents;
  readonly #followed = new Map<string, Followed>();

  constructor(client: Follows, events: FollowingEvents) {
    this.#client = client;
    this.#events = events;
  }

  /** Of null, nothing is followed. */
  sync(thread: Thread | null): void {
    const wanted = thread === null ? new Map<string, Wanted>() : inFlightIn(thread);
    for (const [id, { stop, shown }] of this.#followed) {
      if (wanted.get(id)?.shown === shown) continue;
      stop();
      this.#followed.delete(id);
    }
    for (const [id, { seq, shown }] of wanted) {
      if (!this.#followed.has(id)) this.#followed.set(id, { stop: this.#follow(id, seq), shown });
    }
    if (this.#followed.size === 0) this.#events.onConnection(null);
  }

  #follow(id: string, seq: number): () => void {
    const follower = {
      onText: (piece: Piece) => this.#events.onText(id, piece),
      onReplace: (text: Piece) => this.#events.onReplace(id, text),
      onEnd: (message: EndedMessage) => this.#events.onEnd(id, message as unknown as Ended),
      onError: (error: RequestError) => {
        // Nobody delivers it any more: if it is still in flight when it is read, it is followed anew.
        this.#followed.delete(id);
        this.#events.onError(id, error);
      },
      onConnection: (state: Connection) => this.#events.onConnection(state),
    };
    return this.#client.follow(id, seq, follower, ENDED);
  }
}

interface Wanted {
  seq: number;
  shown: boolean;
}

function inFlightIn(thread: Thread): Map<string, Wanted> {
  const wanted = new Map<string, Wanted>();
  for (const message of thread.messages) if (inFlight(message)) wanted.set(message.id, { seq: message.seq, shown: true });
  const elsewhere = activeElsewhere(thread);
  if (elsewhere) wanted.set(elsewhere.id, { seq: elsewhere.seq, shown: false });
  return wanted;
}
