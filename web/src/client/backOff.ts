const SHORTEST_MS = 200;
const LONGEST_MS = 5_000;

/**
 * How long to wait before the next attempt, in milliseconds.
 *
 * Doubles with each failure, and never more than half of it is left to chance: clients that lost one server together do
 * not come back together, and none of them comes back at once.
 *
 * @param failures in a row, before this one.
 * @param random from 0 to 1.
 */
export function backOffMs(failures: number, random: number): number {
  return Math.min(SHORTEST_MS * 2 ** failures, LONGEST_MS) * (1 - random / 2);
}
