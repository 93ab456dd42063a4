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
    const { current } = scroller;
    if (current === null) return;
    const distance = distanceToEnd(current);
    // Who scrolls up, be it by a finger's width, wants to stay there while text comes in.
    const up = current.scrollTop < last.current.top && current.scrollHeight >= last.current.height;
    stuck.current = distance <= 1 || (stuck.current ? !up : distance <= NEAR_PX && !up);
    settle();
  }, [settle]);

  useLayoutEffect(() => {
    const { current } = scroller;
    // Older messages have come in above.
    if (current && !stuck.current) current.scrollTop += current.scrollHeight - last.current.height;
    settle();
  }, [first, settle]);

  useEffect(() => {
    const observer = new ResizeObserver(settle);
    for (const each of [scroller.current, content.current]) if (each) observer.observe(each);
    return () => observer.disconnect();
  }, [settle]);

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

function distanceToEnd({ scrollHeight, scrollTop, clientHeight }: HTMLElement): number {
  return scrollHeight - scrollTop - clientHeight;
}
