import { useEffect, useReducer } from "react";
import type { Highlight } from "./highlighted.ts";

let loaded: Highlight | undefined;
let loading: Promise<void> | undefined;

/** The highlighter, once it is there; what does not want it does not load it. */
export function useHighlighter(wanted: boolean): Highlight | undefined {
  const [, render] = useReducer((times: number) => times + 1, 0);
  useEffect(() => {
    if (!wanted || loaded) return;
    let here = true;
    void load().then(() => here && render());
    return () => {
      here = false;
    };
  }, [wanted]);
  return wanted ? loaded : undefined;
}

function load(): Promise<void> {
  loading ??= import("./highlighting.ts").then(
    ({ highlight }) => {
      loaded = highlight;
    },
    () => {
      // Without a server the code stays as it is; the next block tries again.
      loading = undefined;
    },
  );
  return loading;
}
