import { useState, type KeyboardEvent } from "react";
import { useGrowing } from "../composer/useGrowing.ts";
import { sends } from "../shell/shortcuts.ts";

interface MessageEditorProps {
  text: string;
  busy: boolean;
  onSend: (text: string) => void;
  onCancel: () => void;
}

/** Another wording of a message, which becomes a branch beside it. */
export function MessageEditor({ text, busy, onSend, onCancel }: MessageEditorProps) {
  const [wording, setWording] = useState(text);
  const box = useGrowing(wording);
  const ready = wording.trim() !== "" && !busy;
  const send = () => {
    if (ready) onSend(wording);
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
        aria-label="Edit message"
        autoFocus
        rows={1}
        value={wording}
        onChange={(event) => setWording(event.target.value)}
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
