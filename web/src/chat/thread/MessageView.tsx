import { memo } from "react";
import type { Message, Role } from "../graphql/types.ts";
import { BranchSwitch } from "./BranchSwitch.tsx";
import { CopyButton } from "./CopyButton.tsx";
import { Reply } from "./Reply.tsx";
import type { ThreadController } from "./ThreadController.ts";
import { UserMessage } from "./UserMessage.tsx";

interface MessageViewProps {
  message: Message;
  thread: ThreadController;
  busy: boolean;
  model: string | null;
}

const SPEAKERS: Record<Role, string> = {
  USER: "You said",
  ASSISTANT: "Parley said",
  SYSTEM: "Instructions",
  DATA: "Data",
  TOOL: "A tool returned",
};

/** Rendered again only when something of this message has changed. */
export const MessageView = memo(function MessageView(props: MessageViewProps) {
  const { id, role, status } = props.message;
  return (
    <article
      className={`message ${role.toLowerCase()}`}
      id={id}
      tabIndex={-1}
      data-message-id={id}
      data-status={status}
      aria-label={SPEAKERS[role]}
    >
      <Content {...props} />
    </article>
  );
});

function Content(props: MessageViewProps) {
  const { message, thread } = props;
  switch (message.role) {
    case "USER":
      return <UserMessage {...props} />;
    case "ASSISTANT":
      return <Reply {...props} />;
    default:
      return (
        <>
          <div className="note">
            <span className="note-role">{SPEAKERS[message.role]}</span>
            {message.content}
          </div>
          <div className="message-actions">
            <BranchSwitch message={message} onSelect={(id) => void thread.select(id)} />
            <CopyButton text={message.content} />
          </div>
        </>
      );
  }
}
