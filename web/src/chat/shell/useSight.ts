import { useEffect, useRef, type RefObject } from "react";

/** What scrolls within the page has this attribute. */
const SCROLLER = "[data-scrolls]";
/** Asked for this long before it is reached, what comes next is mostly there in time. */
const AHEAD = "600px";

/**
 * Calls back when an element comes near what is in sight of the part of the page that it scrolls in.
 *
 * @param known changes with what is shown: if the element is still in sight then, it calls back again.
 */
export function useSight<Shown extends HTMLElement>(onSight: () => void, known: unknown): RefObject<Shown | null> {
  const element = useRef<Shown>(null);
  const callback = useRef(onSight);
  useEffect(() => {
    callback.current = onSight;
  });
  useEffect(() => {
    if (element.current === null) return;
    const seen = (entries: IntersectionObserverEntry[]) => {
      if (entries.some((entry) => entry.isIntersecting)) callback.current();
    };
    const observer = new IntersectionObserver(seen, { root: element.current.closest(SCROLLER), rootMargin: AHEAD });
    observer.observe(element.current);
    return () => observer.disconnect();
  }, [known]);
  return element;
}
