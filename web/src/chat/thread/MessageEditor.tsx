import type { KeyboardEvent } from "react";
import { useGrowing } from "../composer/useGrowing.ts";
import { sends } from "../shell/shortcuts.ts";

interface MessageEditorProps {
  text: string;
  busy: boolean;
  onChange: (text: string) => void;
  onSend: () => void;
  onCancel: () => void;
}

/** Another wording of a message, which becomes a branch beside it. */
export function MessageEditor({ text, busy, onChange, onSend, onCancel }: MessageEditorProps) {
  const box = useGrowing(text);
  const ready = text.trim() !== "" && !busy;
  const send = () => {
    if (ready) onSend();
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const { nativeEvent } = event;
    if (sends(nativeEvent)) send();
    else if (event.key === "Escape" && !nativeEvent.isComposing) onCancel();
    else return;
    event.preventDefault();
  };
  return (
    <form
      className="message-editor"
      onSubmit={(event) => {
        event.preventDefault();
        send();
      }}
    >
      <textarea
        ref={box}
        dir="auto"
        aria-label="Edit message"
        autoFocus
        rows={1}
        value={text}
        onChange={(event) => onChange(event.target.value)}
        onKeyDown={onKeyDown}
        onFocus={({ target }) => target.setSelectionRange(target.value.length, target.value.length)}
      />
      <EditorActions ready={ready} onCancel={onCancel} />
    </form>
  );
}

function EditorActions({ ready, onCancel }: { ready: boolean; onCancel: () => void }) {
  return (
    <div className="editor-actions">
      <button type="button" className="button" onClick={onCancel}>
        Cancel
      </button>
      <button type="submit" className="button primary" disabled={!ready}>
        Save and send
      </button>
    </div>
  );
}
