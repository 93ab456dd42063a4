import { useLayoutEffect, useRef, type RefObject } from "react";

/** A text box as high as its text; the style sheet says how high at most. */
export function useGrowing(text: string): RefObject<HTMLTextAreaElement | null> {
  const box = useRef<HTMLTextAreaElement>(null);
  useLayoutEffect(() => {
    const { current } = box;
    if (current === null) return;
    current.style.height = "auto";
    current.style.height = `${current.scrollHeight}px`;
  }, [text]);
  return box;
}
