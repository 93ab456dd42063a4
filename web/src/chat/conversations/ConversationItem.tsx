import { memo, useState, type MouseEvent } from "react";
import type { Conversation } from "../graphql/types.ts";
import { useSession } from "../session/SessionContext.ts";
import { IconButton } from "../shell/IconButton.tsx";
import { RenameField } from "./RenameField.tsx";

export const UNTITLED = "Untitled";

interface ConversationItemProps {
  conversation: Conversation;
  current: boolean;
  onOpen: (id: string) => void;
  onArchive: (conversation: Conversation) => void;
  onDelete: (conversation: Conversation) => void;
}

export const ConversationItem = memo(function ConversationItem(props: ConversationItemProps) {
  const { conversation, current, onOpen, onArchive, onDelete } = props;
  const { conversations } = useSession();
  const [renaming, setRenaming] = useState(false);
  const { id, title, archived, activeCompletion } = conversation;
  const name = title ?? UNTITLED;
  if (renaming) {
    const onDone = (typed: string | null) => {
      setRenaming(false);
      if (typed !== null) void conversations.rename(id, typed);
    };
    return (
      <li className="conversation">
        <RenameField title={title ?? ""} onDone={onDone} />
      </li>
    );
  }
  return (
    <li className="conversation" data-current={current}>
      <a
        href={`/c/${id}`}
        data-conversation={id}
        aria-current={current ? "page" : undefined}
        title={name}
        onClick={(event) => ownClick(event, () => onOpen(id))}
      >
        {activeCompletion && <span className="status-dot" role="img" aria-label="A reply is being written" />}
        {name}
      </a>
      <div className="conversation-actions">
        <IconButton icon="edit" label="Rename" onClick={() => setRenaming(true)} />
        <IconButton
          icon={archived ? "unarchive" : "archive"}
          label={archived ? "Unarchive" : "Archive"}
          onClick={() => onArchive(conversation)}
        />
        <IconButton icon="trash" label="Delete" onClick={() => onDelete(conversation)} />
      </div>
    </li>
  );
});

/** A click that is for this page, and not for a new tab or window. */
export function ownClick(event: MouseEvent, go: () => void): void {
  if (event.button !== 0 || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
  event.preventDefault();
  go();
}
