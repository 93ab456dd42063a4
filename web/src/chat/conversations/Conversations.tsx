import { useCallback, useRef, useState } from "react";
import type { Conversation } from "../graphql/types.ts";
import { useSession, useStore } from "../session/SessionContext.ts";
import { useSight } from "../shell/useSight.ts";
import type { Shelf } from "./ConversationList.ts";
import { ConversationItem, UNTITLED } from "./ConversationItem.tsx";
import { DeleteDialog } from "./DeleteDialog.tsx";

interface ConversationsProps {
  onOpen: (id: string) => void;
  /** The list has nothing left that could have the focus. */
  onEmptied: () => void;
}

/** The conversations of one shelf, as many as were scrolled to. */
export function Conversations({ onOpen, onEmptied }: ConversationsProps) {
  const { conversations, router } = useSession();
  const shelf = useStore(conversations.shelf);
  const { items, end, phase } = useStore(conversations.listings[shelf]);
  const current = useStore(router.route).conversation;
  const [deleting, setDeleting] = useState<Conversation | null>(null);
  const { list, keepFocus } = useFocusInList(items, onEmptied);
  const onArchive = useCallback(
    ({ id, archived }: Conversation) => void keepFocus(id, conversations.archive(id, !archived)),
    [conversations, keepFocus],
  );
  const onDelete = ({ id }: Conversation) => {
    setDeleting(null);
    void keepFocus(id, conversations.delete(id));
  };
  const doings = { onOpen, onArchive, onDelete: setDeleting };
  return (
    <>
      <ul ref={list} className="conversations" aria-busy={phase === "loading"}>
        {items.map((each) => (
          <ConversationItem key={each.id} conversation={each} current={each.id === current} {...doings} />
        ))}
        {end !== null && <More end={end} />}
      </ul>
      {phase === "ready" && items.length === 0 && <p className="none">{NONE[shelf]}</p>}
      {deleting && (
        <DeleteDialog
          title={deleting.title ?? UNTITLED}
          onClose={() => setDeleting(null)}
          onDelete={() => onDelete(deleting)}
        />
      )}
    </>
  );
}

/** Whoever comes near it gets the next page. */
function More({ end }: { end: string }) {
  const { conversations } = useSession();
  const sight = useSight<HTMLLIElement>(() => void conversations.more(), end);
  return (
    <li ref={sight} className="more">
      Loading more…
    </li>
  );
}

const NONE: Record<Shelf, string> = {
  active: "No conversations yet.",
  archived: "Nothing is archived.",
};

/** When an item leaves the list, the focus goes to the one that comes to stand in its place. */
function useFocusInList(items: readonly Conversation[], onEmptied: () => void) {
  const list = useRef<HTMLUListElement>(null);
  const known = useRef(items);
  known.current = items;
  const keepFocus = useCallback(
    async (id: string, leaving: Promise<void>) => {
      const at = known.current.findIndex((each) => each.id === id);
      const heir = known.current[at + 1] ?? known.current[at - 1];
      await leaving;
      if (known.current.some((each) => each.id === id)) return;
      const link = heir && list.current?.querySelector<HTMLElement>(`[data-conversation="${heir.id}"]`);
      if (link) link.focus();
      else onEmptied();
    },
    [onEmptied],
  );
  return { list, keepFocus };
}
