import { Dialog } from "./Dialog.tsx";
import { MESSAGE_KEYS, SHORTCUTS } from "./shortcuts.ts";

/** As the keyboard in front of the reader has it. */
const keyName = (key: string) => (key === "Ctrl" && /Mac|iPhone|iPad/.test(navigator.platform) ? "⌘" : key);

export function ShortcutsDialog({ onClose }: { onClose: () => void }) {
  return (
    <Dialog title="Keyboard shortcuts" onClose={onClose}>
      <dl className="shortcuts">
        {[...MESSAGE_KEYS, ...SHORTCUTS].map(({ keys, label }) => (
          <div key={keys}>
            <dt>{label}</dt>
            <dd>
              {keys.split(" ").map((key) => (
                <kbd key={key}>{keyName(key)}</kbd>
              ))}
            </dd>
          </div>
        ))}
      </dl>
      <div className="dialog-actions">
        <button type="button" className="button" onClick={onClose}>
          Close
        </button>
      </div>
    </Dialog>
  );
}
