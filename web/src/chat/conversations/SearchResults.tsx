import type { Hit } from "../graphql/types.ts";
import { formatRoute, type Route } from "../route.ts";
import { useSight } from "../shell/useSight.ts";
import { ownClick, UNTITLED } from "./ConversationItem.tsx";
import { stretches } from "./headline.ts";
import type { Found } from "./useSearch.ts";

interface SearchResultsProps {
  found: Found;
  onMore: () => void;
  onOpen: (route: Route) => void;
}

export function SearchResults({ found, onMore, onOpen }: SearchResultsProps) {
  const sight = useSight<HTMLLIElement>(onMore, found.end);
  return (
    <>
      <p className="found" role="status">
        {summary(found)}
      </p>
      <ul className="conversations" aria-label="Found messages">
        {found.hits.map((hit) => (
          <Result key={hit.node.id} hit={hit} onOpen={onOpen} />
        ))}
        {found.end !== null && (
          <li ref={sight} className="more">
            Loading more…
          </li>
        )}
      </ul>
    </>
  );
}

function summary({ query, hits, end }: Found): string {
  if (query === null) return "Searching…";
  if (hits.length === 0) return "Nothing was found.";
  return `${hits.length}${end === null ? "" : "+"} ${hits.length === 1 ? "message" : "messages"}`;
}

function Result({ hit: { headline, node }, onOpen }: { hit: Hit; onOpen: (route: Route) => void }) {
  const route = { conversation: node.conversation.id, message: node.id };
  return (
    <li className="result">
      <a href={formatRoute(route)} onClick={(event) => ownClick(event, () => onOpen(route))}>
        <span className="result-title">
          {node.conversation.title ?? UNTITLED}
          {node.conversation.archived && " (archived)"}
        </span>
        <span className="headline">
          {stretches(headline).map(({ text, marked }, index) => (marked ? <mark key={index}>{text}</mark> : text))}
        </span>
      </a>
    </li>
  );
}
