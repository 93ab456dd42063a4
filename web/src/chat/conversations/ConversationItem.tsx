import { memo, useState, type MouseEvent } from "react";
import type { Conversation } from "../graphql/types.ts";
import { useSession } from "../session/SessionContext.ts";
import { IconButton } from "../shell/IconButton.tsx";
import { useFocusBack } from "../shell/useFocusBack.ts";
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
  const { conversation, current, onOpen } = props;
  const { conversations } = useSession();
  const [renaming, setRenaming] = useState(false);
  const link = useFocusBack<HTMLAnchorElement>(renaming);
  const { id, title, activeCompletion } = conversation;
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
        ref={link}
        href={`/c/${id}`}
        data-conversation={id}
        aria-current={current ? "page" : undefined}
        title={title ?? UNTITLED}
        onClick={(event) => ownClick(event, () => onOpen(id))}
      >
        {activeCompletion && <span className="status-dot" role="img" aria-label="A reply is being written" />}
        {title ?? UNTITLED}
      </a>
      <ItemActions {...props} onRename={() => setRenaming(true)} />
    </li>
  );
});

function ItemActions({ conversation, onRename, onArchive, onDelete }: ConversationItemProps & { onRename: () => void }) {
  const { archived } = conversation;
  return (
    <div className="conversation-actions">
      <IconButton icon="edit" label="Rename" onClick={onRename} />
      <IconButton
        icon={archived ? "unarchive" : "archive"}
        label={archived ? "Unarchive" : "Archive"}
        onClick={() => onArchive(conversation)}
      />
      <IconButton icon="trash" label="Delete" onClick={() => onDelete(conversation)} />
    </div>
  );
}

/** A click that is for this page, and not for a new tab or window. */
export function ownClick(event: MouseEvent, go: () => void): void {
  if (event.button !== 0 || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
  event.preventDefault();
  go();
}
