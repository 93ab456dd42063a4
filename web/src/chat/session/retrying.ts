import { backOffMs } from "../../client/backOff.ts";
import { RequestError } from "../../client/index.ts";
import { onWakeUp } from "../../client/wakeUps.ts";

const ANSWER_MS = 30_000;

/**
 * Asks until there is an answer that no other attempt would change.
 *
 * Only for what can be asked again: reads, and what carries an idempotency key.
 *
 * @param onWait is told that an attempt has failed, and why.
 * @throws what the last attempt has thrown; the signal's reason once that aborts.
 */
export async function retrying<Answer>(
  attempt: (signal: AbortSignal) => Promise<Answer>,
  signal: AbortSignal,
  onWait: (error: unknown) => void = () => {},
): Promise<Answer> {
  for (let failures = 0; ; failures += 1) {
    try {
      return await attempt(AbortSignal.any([signal, AbortSignal.timeout(ANSWER_MS)]));
    } catch (error) {
      signal.throwIfAborted();
      if (!passes(error)) throw error;
      onWait(error);
      const asked = error instanceof RequestError ? error.retryAfterMs : 0;
      await worthTrying(Math.max(asked, backOffMs(failures, Math.random())), signal);
    }
  }
}

/** Whether the same may go well another time. */
function passes(error: unknown): boolean {
  if (error instanceof RequestError) return error.retryable;
  return error instanceof DOMException && error.name === "TimeoutError";
}

/** Resolves after the pause, or at once when the network has changed or somebody looks at the page again. */
function worthTrying(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const done = () => {
      clearTimeout(timer);
      sleep();
      signal.removeEventListener("abort", done);
      if (signal.aborted) reject(signal.reason);
      else resolve();
    };
    const timer = setTimeout(done, ms);
    const sleep = onWakeUp(done);
    signal.addEventListener("abort", done);
  });
}
