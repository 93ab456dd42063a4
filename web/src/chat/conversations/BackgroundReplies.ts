import type { Client } from "../../client/index.ts";
import type { Conversation } from "../graphql/types.ts";

/**
 * More of them are listed as they were when they were read. Where sockets are blocked, four are followed at a time, and
 * one of those is for the reply that is shown.
 */
const MOST_FOLLOWED = 3;

/** Waits for the ends of replies that are listed as being written, while another conversation is looked at. */
export class BackgroundReplies {
  readonly #client: Client;
  readonly #onEnd: () => void;
  readonly #stops = new Map<string, () => void>();

  constructor(client: Client, onEnd: () => void) {
    this.#client = client;
    this.#onEnd = onEnd;
  }

  /** @param shown is followed by those who show it. */
  sync(listed: readonly Conversation[], shown: string | null): void {
    const active = listed.flatMap(({ id, activeCompletion }) => (activeCompletion && id !== shown ? [activeCompletion] : []));
    const wanted = new Map(active.slice(0, MOST_FOLLOWED).map(({ id, seq }) => [id, seq]));
    for (const [id, stop] of this.#stops) {
      if (wanted.has(id)) continue;
      stop();
      this.#stops.delete(id);
    }
    for (const [id, seq] of wanted) if (!this.#stops.has(id)) this.#stops.set(id, this.#follow(id, seq));
  }

  #follow(id: string, seq: number): () => void {
    const nothing = () => {};
    return this.#client.follow(id, seq, { onText: nothing, onReplace: nothing, onEnd: this.#onEnd, onError: this.#onEnd });
  }
}
