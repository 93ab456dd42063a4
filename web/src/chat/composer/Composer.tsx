import "./composer.css";
import type { KeyboardEvent } from "react";
import type { Message } from "../graphql/types.ts";
import { useStore } from "../session/SessionContext.ts";
import { IconButton } from "../shell/IconButton.tsx";
import { sends } from "../shell/shortcuts.ts";
import { useMedia } from "../shell/useEvents.ts";
import type { ThreadController } from "../thread/ThreadController.ts";
import { ModelPicker } from "./ModelPicker.tsx";
import { useGrowing } from "./useGrowing.ts";

/** By which the message box is found from elsewhere on the page. */
export const MESSAGE_BOX = "message-box";
/** On a touch screen there is no other key to break a line with. */
const TOUCH_ONLY = "(pointer: coarse) and (hover: none)";

interface ComposerProps {
  thread: ThreadController;
  /** The reply that has to end, or be stopped, before there is another one. */
  active: Message | undefined;
  model: string | null;
  onSend: () => void;
}

export function Composer({ thread, active, model, onSend }: ComposerProps) {
  const text = useStore(thread.drafts.text);
  const sending = useStore(thread.sending.outgoing) !== null;
  const touchOnly = useMedia(TOUCH_ONLY);
  const box = useGrowing(text);
  const ready = text.trim() !== "" && !sending && active === undefined;

  const send = () => {
    if (!ready) return;
    thread.post(text, model);
    onSend();
  };
  const stop = () => {
    if (active) void thread.stop(active.id);
    // The button goes, and would take the focus with it.
    if (!touchOnly) box.current?.focus();
  };
  const onKeyDown = (event: KeyboardEvent<HTMLTextAreaElement>) => {
    if (!touchOnly && sends(event.nativeEvent)) {
      event.preventDefault();
      send();
    } else if (event.key === "ArrowUp" && text === "" && thread.editLast()) {
      event.preventDefault();
    }
  };
  return (
    <form
      className="composer"
      onSubmit={(event) => {
        event.preventDefault();
        send();
      }}
    >
      <textarea
        ref={box}
        id={MESSAGE_BOX}
        aria-label="Message"
        placeholder="Say something…"
        rows={1}
        autoFocus={!touchOnly}
        value={text}
        onChange={(event) => thread.drafts.write(event.target.value)}
        onKeyDown={onKeyDown}
      />
      <div className="composer-row">
        <ModelPicker value={model} onPick={(picked) => thread.model.dispatch(picked)} />
        {active ? (
          <IconButton icon="stop" label="Stop" className="send" onClick={stop} />
        ) : (
          <IconButton icon="arrowUp" label="Send" className="send" type="submit" disabled={!ready} />
        )}
      </div>
    </form>
  );
}
