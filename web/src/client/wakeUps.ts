const OF_THE_WINDOW = ["online", "offline", "pageshow"];

/**
 * Tells when something has happened after which connections are mostly lost without a word: the network came, went or
 * changed, the machine or the page was asleep. Where there is no page, nothing of the kind is told.
 *
 * Returns how it is ended.
 */
export function onWakeUp(tell: () => void): () => void {
  const page = globalThis.document as Document | undefined;
  if (!page || !globalThis.addEventListener) return () => {};
  const shown = () => {
    if (page.visibilityState === "visible") tell();
  };
  for (const each of OF_THE_WINDOW) addEventListener(each, tell);
  page.addEventListener("visibilitychange", shown);
  return () => {
    for (const each of OF_THE_WINDOW) removeEventListener(each, tell);
    page.removeEventListener("visibilitychange", shown);
  };
}

/** Whether the machine may have a network; only its "no" can be trusted, and not for a server on the same machine. */
export const online = (): boolean => globalThis.navigator?.onLine !== false;
