import { useState } from "react";
import { forgetKey, storeKey, storedKey } from "../session/apiKey.ts";
import { Dialog } from "./Dialog.tsx";

interface KeyDialogProps {
  /** Another key is to be used from now on. */
  onChange: () => void;
  /** Left out where nothing can be done without a key. */
  onClose?: () => void;
}

export function KeyDialog({ onChange, onClose }: KeyDialogProps) {
  const [typed, setTyped] = useState("");
  const known = storedKey() !== null;
  const save = () => {
    if (typed.trim() === "") return;
    storeKey(typed.trim());
    onChange();
  };
  return (
    <Dialog title="API key" {...(onClose && { onClose })}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          save();
        }}
      >
        <p>
          {known && onClose === undefined && "The server does not take the key that this browser has. "}
          {!known && "This server wants a key. "}
          <code>parley keys create NAME</code> makes one. It is kept in this browser only.
        </p>
        <KeyField typed={typed} onChange={setTyped} />
        <div className="dialog-actions">
          {known && <ForgetButton onForgotten={onChange} />}
          {onClose && (
            <button type="button" className="button" onClick={onClose}>
              Cancel
            </button>
          )}
          <button type="submit" className="button primary">
            Use key
          </button>
        </div>
      </form>
    </Dialog>
  );
}

function KeyField({ typed, onChange }: { typed: string; onChange: (typed: string) => void }) {
  return (
    <label className="field">
      Key
      <input
        type="password"
        autoComplete="off"
        spellCheck={false}
        autoFocus
        value={typed}
        onChange={(event) => onChange(event.target.value)}
      />
    </label>
  );
}

function ForgetButton({ onForgotten }: { onForgotten: () => void }) {
  const forget = () => {
    forgetKey();
    onForgotten();
  };
  return (
    <button type="button" className="button" onClick={forget}>
      Forget key
    </button>
  );
}
