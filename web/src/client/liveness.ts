import type { Pace } from "./line.ts";

/** All in milliseconds, by one clock. */
export interface Heard {
  /** When the server said something last, or the connection was begun. */
  at: number;
  /** When it was asked for a word, and how long it has for that; undefined once it has said anything. */
  asked?: { at: number; patience: number } | undefined;
}

/** What to do now: ask the server for a word, give it up, or look again in so many milliseconds. */
export function liveness(heard: Heard, now: number, pace: Pace): "ask" | "lost" | number {
  if (heard.asked) {
    const left = heard.asked.at + heard.asked.patience - now;
    return left > 0 ? left : "lost";
  }
  const left = heard.at + pace.silence - now;
  return left > 0 ? left : "ask";
}
