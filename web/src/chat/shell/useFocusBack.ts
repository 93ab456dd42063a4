import { useEffect, useRef, type RefObject } from "react";

/** What takes the focus back from a field that stood in its place, unless somebody has gone elsewhere with it. */
export function useFocusBack<Target extends HTMLElement>(fieldShown: boolean): RefObject<Target | null> {
  const target = useRef<Target>(null);
  const before = useRef(fieldShown);
  useEffect(() => {
    if (before.current && !fieldShown && document.activeElement === document.body) target.current?.focus();
    before.current = fieldShown;
  }, [fieldShown]);
  return target;
}
