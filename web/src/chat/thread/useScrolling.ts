import { useCallback, useEffect, useLayoutEffect, useRef, useState, type RefObject } from "react";

/** Nearer to the end than this counts as at the end. */
const NEAR_PX = 24;

export interface Scrolling {
  scroller: RefObject<HTMLDivElement | null>;
  content: RefObject<HTMLDivElement | null>;
  /** Whether there is something below of what is in sight. */
  away: boolean;
  toEnd: () => void;
  toElement: (element: HTMLElement) => void;
  onScroll: () => void;
}

/**
 * Keeps the end in sight while the reader is there, and what the reader looks at in its place otherwise: also when older
 * messages come in above it.
 *
 * @param first tells the first message that is shown from others.
 */
export function useScrolling(first: string | undefined): Scrolling {
  const scroller = useRef<HTMLDivElement>(null);
  const content = useRef<HTMLDivElement>(null);
  const stuck = useRef(true);
  const last = useRef({ top: 0, height: 0 });
  const [away, setAway] = useState(false);

  const settle = useCallback(() => {
    const { current } = scroller;
    if (current === null) return;
    if (stuck.current) current.scrollTop = current.scrollHeight;
    last.current = { top: current.scrollTop, height: current.scrollHeight };
    setAway(!stuck.current && distanceToEnd(current) > NEAR_PX);
  }, []);

  const onScroll = useCallback(() => {
    if (scroller.current) stuck.current = sticks(stuck.current, last.current, scroller.current);
    settle();
  }, [settle]);

  useLayoutEffect(() => {
    const { current } = scroller;
    // Older messages have come in above.
    if (current && !stuck.current) current.scrollTop += current.scrollHeight - last.current.height;
    settle();
  }, [first, settle]);

  useResize(scroller, settle);
  useResize(content, settle);

  const toEnd = useCallback(() => {
    stuck.current = true;
    settle();
  }, [settle]);
  const toElement = useCallback((element: HTMLElement) => {
    stuck.current = false;
    element.scrollIntoView({ block: "start" });
  }, []);
  return { scroller, content, away, toEnd, toElement, onScroll };
}

function useResize(element: RefObject<HTMLElement | null>, onResize: () => void): void {
  useEffect(() => {
    if (element.current === null) return;
    const observer = new ResizeObserver(onResize);
    observer.observe(element.current);
    return () => observer.disconnect();
  }, [element, onResize]);
}

/** Who scrolls up, be it by a finger's width, wants to stay there while text comes in. */
function sticks(stuck: boolean, before: { top: number; height: number }, now: HTMLElement): boolean {
  const distance = distanceToEnd(now);
  const up = now.scrollTop < before.top && now.scrollHeight >= before.height;
  return distance <= 1 || (!up && (stuck || distance <= NEAR_PX));
}

function distanceToEnd({ scrollHeight, scrollTop, clientHeight }: HTMLElement): number {
  return scrollHeight - scrollTop - clientHeight;
}
