import { useState, type KeyboardEvent } from "react";

interface RenameFieldProps {
  title: string;
  /** With null where it stays as it was. */
  onDone: (title: string | null) => void;
}

export function RenameField({ title, onDone }: RenameFieldProps) {
  const [typed, setTyped] = useState(title);
  const done = () => onDone(typed.trim() === title ? null : typed);
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.nativeEvent.isComposing) return;
    if (event.key === "Enter") done();
    else if (event.key === "Escape") onDone(null);
    else return;
    event.preventDefault();
  };
  return (
    <input
      className="rename"
      aria-label="Title"
      autoFocus
      value={typed}
      onChange={(event) => setTyped(event.target.value)}
      onKeyDown={onKeyDown}
      onBlur={done}
      onFocus={({ target }) => target.select()}
    />
  );
}
