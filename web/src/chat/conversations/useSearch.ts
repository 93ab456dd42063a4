import { useCallback, useEffect, useRef, useState } from "react";
import { SEARCH } from "../graphql/documents.ts";
import type { Hit, SearchPage } from "../graphql/types.ts";
import type { Session } from "../session/Session.ts";
import { asTyped } from "./searchQuery.ts";

const PAGE_SIZE = 20;
const PAUSE_MS = 200;

export interface Found {
  /** What was searched for; null before anything was. */
  query: string | null;
  hits: readonly Hit[];
  end: string | null;
}

const NOTHING: Found = { query: null, hits: [], end: null };

/** What is found of what is typed: a moment after each change, and no answer after that to another one. */
export function useSearch(session: Session, typed: string): { found: Found; more: () => void } {
  const [found, setFound] = useState(NOTHING);
  const current = useRef(new AbortController());

  const search = useCallback(
    async (query: string, before: Found) => {
      const signal = AbortSignal.any([session.signal, current.current.signal]);
      session.problem.dispatch(null);
      try {
        const variables = { query, first: PAGE_SIZE, after: before.end };
        const { searchMessages: page } = await session.persist<{ searchMessages: SearchPage }>(SEARCH, variables, { signal });
        const end = page.pageInfo.hasNextPage ? page.pageInfo.endCursor : null;
        setFound({ query, hits: [...before.hits, ...page.edges], end });
      } catch (error) {
        if (signal.aborted) return;
        session.complain(error);
        setFound({ query, hits: before.hits, end: null });
      }
    },
    [session],
  );

  useEffect(() => {
    const query = asTyped(typed);
    if (query === "") return setFound(NOTHING);
    const attempt = new AbortController();
    current.current = attempt;
    const timer = setTimeout(() => void search(query, NOTHING), PAUSE_MS);
    return () => {
      clearTimeout(timer);
      attempt.abort(new Error("something else is searched for"));
    };
  }, [typed, search]);

  const more = useCallback(() => {
    if (found.query !== null && found.end !== null) void search(found.query, found);
  }, [found, search]);
  return { found, more };
}
