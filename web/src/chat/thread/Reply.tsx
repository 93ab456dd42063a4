import { inFlight, type Message } from "../graphql/types.ts";
import { Markdown } from "../markdown/Markdown.tsx";
import { IconButton } from "../shell/IconButton.tsx";
import { BranchSwitch } from "./BranchSwitch.tsx";
import { CopyButton } from "./CopyButton.tsx";
import { ending } from "./ending.ts";
import { PlainOnError } from "./PlainOnError.tsx";
import type { ThreadController } from "./ThreadController.ts";
import { usageDetail, usageLine } from "./usageLine.ts";

interface ReplyProps {
  message: Message;
  thread: ThreadController;
  busy: boolean;
  model: string | null;
}

export function Reply({ message, thread, busy, model }: ReplyProps) {
  const { content, reasoning } = message;
  const streaming = inFlight(message);
  return (
    <>
      {reasoning && (
        <details className="reasoning">
          <summary>{streaming && content === "" ? "Thinking…" : "Thoughts"}</summary>
          <div className="reasoning-text">{reasoning}</div>
        </details>
      )}
      {content !== "" && (
        <PlainOnError key={message.id} text={content}>
          <Markdown text={content} streaming={streaming} />
        </PlainOnError>
      )}
      {streaming && <Progress queued={message.status === "QUEUED"} />}
      <EndingNote message={message} busy={busy} onRetry={() => thread.regenerate(message.id, model)} />
      <div className="message-actions">
        <BranchSwitch message={message} onSelect={(id) => void thread.select(id)} />
        {!streaming && (
          <>
            <CopyButton text={content} />
            <IconButton
              icon="regenerate"
              label="Regenerate"
              disabled={busy || message.parent === null}
              onClick={() => thread.regenerate(message.id, model)}
            />
            <span className="usage" title={usageDetail(message) ?? undefined}>
              {usageLine(message)}
            </span>
          </>
        )}
      </div>
    </>
  );
}

export function Progress({ queued = false }: { queued?: boolean }) {
  return (
    <div className="progress">
      <span className="dots" aria-hidden="true">
        <i />
        <i />
        <i />
      </span>
      {queued && "Waits for the reply before it."}
    </div>
  );
}

function EndingNote({ message, busy, onRetry }: { message: Message; busy: boolean; onRetry: () => void }) {
  const how = ending(message);
  if (how === null) return null;
  return (
    <div className={`ending ${how.tone}`}>
      <span>
        {how.text} {how.code && <code>{how.code}</code>}
      </span>
      {how.retry && message.parent !== null && (
        <button type="button" className="button" disabled={busy} onClick={onRetry}>
          Try again
        </button>
      )}
    </div>
  );
}
