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
  #putOff: ReturnType<typeof setTimeout> | undefined;

  constructor(onChange: (change: Change) => void) {
    this.#channel.onmessage = ({ data }: MessageEvent<Change>) => onChange(data);
    const look = () => {
      if (document.visibilityState === "hidden") return;
      clearTimeout(this.#putOff);
      const now = Date.now();
      const early = this.#lookedAt + SHORTEST_BETWEEN_LOOKS_MS - now;
      // One event of several may come before what it tells of: it is put off, not left out.
      if (early > 0) {
        this.#putOff = setTimeout(look, early);
        return;
      }
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
    clearTimeout(this.#putOff);
    this.#channel.close();
  }
}
