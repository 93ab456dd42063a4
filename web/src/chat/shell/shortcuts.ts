export type Command = "search" | "newChat" | "focusMessage" | "shortcuts" | "escape";

/** What of a keyboard event tells a shortcut. */
export interface KeyPress {
  key: string;
  ctrlKey: boolean;
  metaKey: boolean;
  shiftKey: boolean;
  altKey: boolean;
}

interface Shortcut {
  command: Command;
  /** As it is listed. */
  keys: string;
  label: string;
  /** Whether it also works while somebody types. */
  whileTyping: boolean;
  matches(press: KeyPress): boolean;
}

const withModifier = (press: KeyPress) => (press.ctrlKey || press.metaKey) && !press.altKey;
const alone = (press: KeyPress) => !press.ctrlKey && !press.metaKey && !press.altKey;

export const SHORTCUTS: readonly Shortcut[] = [
  {
    command: "search",
    keys: "Ctrl K",
    label: "Search messages",
    whileTyping: true,
    matches: (press) => withModifier(press) && !press.shiftKey && press.key.toLowerCase() === "k",
  },
  {
    command: "newChat",
    keys: "Ctrl Shift O",
    label: "New chat",
    whileTyping: true,
    matches: (press) => withModifier(press) && press.shiftKey && press.key.toLowerCase() === "o",
  },
  {
    command: "focusMessage",
    keys: "Shift Esc",
    label: "Go to the message box",
    whileTyping: true,
    matches: (press) => alone(press) && press.shiftKey && press.key === "Escape",
  },
  {
    command: "escape",
    keys: "Esc",
    label: "Stop the reply, or cancel",
    whileTyping: true,
    matches: (press) => alone(press) && !press.shiftKey && press.key === "Escape",
  },
  {
    command: "shortcuts",
    keys: "?",
    label: "This list",
    whileTyping: false,
    matches: (press) => alone(press) && press.key === "?",
  },
];

/** Of the message box, where they are handled. */
export const MESSAGE_KEYS: readonly { keys: string; label: string }[] = [
  { keys: "Enter", label: "Send the message" },
  { keys: "Shift Enter", label: "Break the line" },
  { keys: "↑", label: "Edit your last message, while the box is empty" },
];

export function commandOf(press: KeyPress, typing: boolean): Command | null {
  return SHORTCUTS.find((shortcut) => (shortcut.whileTyping || !typing) && shortcut.matches(press))?.command ?? null;
}

/** Whether this Enter is to send: not one that breaks the line, nor one that takes what an input method offers. */
export function sends(press: KeyPress & { isComposing: boolean; keyCode: number }): boolean {
  const composing = press.isComposing || press.keyCode === COMPOSING_KEY_CODE;
  return press.key === "Enter" && !press.shiftKey && alone(press) && !composing;
}

/** Safari ends the composition before it tells of the key that has ended it. */
const COMPOSING_KEY_CODE = 229;
