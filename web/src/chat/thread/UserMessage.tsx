import type { Message } from "../graphql/types.ts";
import { useStore } from "../session/SessionContext.ts";
import { IconButton } from "../shell/IconButton.tsx";
import { useFocusBack } from "../shell/useFocusBack.ts";
import { BranchSwitch } from "./BranchSwitch.tsx";
import { CopyButton } from "./CopyButton.tsx";
import { MessageEditor } from "./MessageEditor.tsx";
import type { ThreadController } from "./ThreadController.ts";

interface UserMessageProps {
  message: Message;
  thread: ThreadController;
  /** Whether nothing can be begun now. */
  busy: boolean;
  model: string | null;
}

export function UserMessage({ message, thread, busy, model }: UserMessageProps) {
  const editing = useStore(thread.editing);
  const edited = editing?.id === message.id;
  const editButton = useFocusBack<HTMLButtonElement>(edited);
  if (edited) {
    return (
      <MessageEditor
        text={editing.text}
        busy={busy}
        onCancel={() => thread.editing.dispatch(null)}
        onChange={(text) => thread.editing.dispatch({ id: message.id, text })}
        onSend={() => thread.edit(message.id, editing.text, model)}
      />
    );
  }
  return (
    <>
      <div className="bubble" dir="auto">
        {message.content}
      </div>
      <div className="message-actions">
        <BranchSwitch message={message} onSelect={(id) => void thread.select(id)} />
        <CopyButton text={message.content} />
        <IconButton
          ref={editButton}
          icon="edit"
          label="Edit"
          disabled={busy}
          onClick={() => thread.startEditing(message)}
        />
      </div>
    </>
  );
}
