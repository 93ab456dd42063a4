import { useEffect, useRef, useSyncExternalStore, type RefObject } from "react";

/** Whether a media query matches, as it changes. */
export function useMedia(query: string): boolean {
  return useSyncExternalStore(
    (listener) => {
      const list = matchMedia(query);
      list.addEventListener("change", listener);
      return () => list.removeEventListener("change", listener);
    },
    () => matchMedia(query).matches,
  );
}

/**
 * Calls back when an element comes into sight.
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
    const observer = new IntersectionObserver((entries) => {
      if (entries.some((entry) => entry.isIntersecting)) callback.current();
    });
    observer.observe(element.current);
    return () => observer.disconnect();
  }, [known]);
  return element;
}
