import "./composer.css";
import type { KeyboardEvent } from "react";
import type { Message } from "../graphql/types.ts";
import { useStore } from "../session/SessionContext.ts";
import { IconButton } from "../shell/IconButton.tsx";
import { sends } from "../shell/shortcuts.ts";
import { useMedia } from "../shell/useMedia.ts";
import type { ThreadController } from "../thread/ThreadController.ts";
import { focusMessageBox, MESSAGE_BOX, TOUCH_ONLY } from "./messageBox.ts";
import { ModelPicker } from "./ModelPicker.tsx";
import { useGrowing } from "./useGrowing.ts";

interface ComposerProps {
  thread: ThreadController;
  /** The reply that has to end, or be stopped, before there is another one. */
  active: Message | undefined;
  model: string | null;
}

export function Composer({ thread, active, model }: ComposerProps) {
  const text = useStore(thread.drafts.text);
  const sending = useStore(thread.sending.outgoing) !== null;
  const ready = text.trim() !== "" && !sending && active === undefined;
  const send = () => {
    if (ready) thread.postDraft(model);
  };
  return (
    <form
      className="composer"
      onSubmit={(event) => {
        event.preventDefault();
        send();
      }}
    >
      <MessageBox text={text} thread={thread} onSend={send} />
      <div className="composer-row">
        <ModelPicker value={model} onPick={(picked) => thread.model.dispatch(picked)} />
        {active ? (
          <StopButton id={active.id} thread={thread} />
        ) : (
          <IconButton icon="arrowUp" label="Send" className="send" type="submit" disabled={!ready} />
        )}
      </div>
    </form>
  );
}

interface MessageBoxProps {
  text: string;
  thread: ThreadController;
  onSend: () => void;
}

function MessageBox({ text, thread, onSend }: MessageBoxProps) {
  const touchOnly = useMedia(TOUCH_ONLY);
  const box = useGrowing(text);
  const onKeyDown = (event: KeyboardEvent<HTMLTextAreaElement>) => {
    if (!touchOnly && sends(event.nativeEvent)) onSend();
    else if (event.key !== "ArrowUp" || text !== "" || !thread.editLast()) return;
    event.preventDefault();
  };
  return (
    <textarea
      ref={box}
      id={MESSAGE_BOX}
      dir="auto"
      aria-label="Message"
      placeholder="Say something…"
      rows={1}
      autoFocus={!touchOnly}
      value={text}
      onChange={(event) => thread.drafts.write(event.target.value)}
      onKeyDown={onKeyDown}
    />
  );
}

function StopButton({ id, thread }: { id: string; thread: ThreadController }) {
  const stop = () => {
    void thread.stop(id);
    // The button goes, and would take the focus with it.
    if (!matchMedia(TOUCH_ONLY).matches) focusMessageBox();
  };
  return <IconButton icon="stop" label="Stop" className="send" onClick={stop} />;
}
