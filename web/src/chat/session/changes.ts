const CHANNEL = "parley:changes";
const SHORTEST_BETWEEN_LOOKS_MS = 1_000;

/** What has changed; null where it is anybody's guess. */
export type Change = { conversation: string | null };

/**
 * When to look at the server again: another tab tells what it has changed, and whoever comes back to the page, or into the
 * network, may have changed things elsewhere.
 */
export class Changes {
  readonly #channel = new BroadcastChannel(CHANNEL);
  readonly #closed = new AbortController();
  #lookedAt = 0;

  constructor(onChange: (change: Change) => void) {
    this.#channel.onmessage = ({ data }: MessageEvent<Change>) => onChange(data);
    const look = () => {
      const now = Date.now();
      if (document.visibilityState === "hidden" || now - this.#lookedAt < SHORTEST_BETWEEN_LOOKS_MS) return;
      this.#lookedAt = now;
      onChange({ conversation: null });
    };
    document.addEventListener("visibilitychange", look, this.#closed);
    for (const event of ["focus", "online", "pageshow"]) addEventListener(event, look, this.#closed);
  }

  /** Tells the other tabs of this browser. */
  tell(change: Change): void {
    this.#channel.postMessage(change);
  }

  close(): void {
    this.#closed.abort();
    this.#channel.close();
  }
}
