import "./chat.css";
import { useCallback, useEffect, useRef, useState } from "react";
import { flushSync } from "react-dom";
import { focusMessageBox } from "./composer/messageBox.ts";
import { UNTITLED } from "./conversations/ConversationItem.tsx";
import { Sidebar } from "./conversations/Sidebar.tsx";
import { NEW_CHAT } from "./route.ts";
import type { Session } from "./session/Session.ts";
import { SessionContext, useStore } from "./session/SessionContext.ts";
import { Announcer } from "./shell/Announcer.tsx";
import { IconButton } from "./shell/IconButton.tsx";
import { KeyDialog } from "./shell/KeyDialog.tsx";
import { commandOf, type Command } from "./shell/shortcuts.ts";
import { ShortcutsDialog } from "./shell/ShortcutsDialog.tsx";
import { useMedia } from "./shell/useMedia.ts";
import { ThreadView } from "./thread/ThreadView.tsx";

const NARROW = "(max-width: 860px)";

interface ChatProps {
  session: Session;
  /** Another key is to be used, or none. */
  onKeyChange: () => void;
}

type Shown = "shortcuts" | "key" | null;

/** The page. */
export function Chat({ session, onKeyChange }: ChatProps) {
  const narrow = useMedia(NARROW);
  const [drawer, setDrawer] = useState(false);
  const [shown, setShown] = useState<Shown>(null);
  const searchBox = useRef<HTMLInputElement>(null);
  const wantsKey = useStore(session.wantsKey);
  const closeDrawer = useCallback(() => setDrawer(false), []);
  const search = useCallback(() => {
    // At once: a drawer that is closed cannot have the focus, and the next letter is for the search already.
    flushSync(() => setDrawer(true));
    searchBox.current?.focus();
  }, []);
  useShortcuts(session, { search, list: useCallback(() => setShown("shortcuts"), []), closeDrawer });
  return (
    <SessionContext value={session}>
      <div className="page" data-drawer={drawer}>
        <button type="button" className="skip" onClick={focusMessageBox}>
          Skip to the message box
        </button>
        <Sidebar
          searchBox={searchBox}
          hidden={narrow && !drawer}
          onOpened={closeDrawer}
          onClose={narrow ? closeDrawer : null}
          onShortcuts={() => setShown("shortcuts")}
          onKey={() => setShown("key")}
        />
        {narrow && drawer && <div className="curtain" onClick={closeDrawer} />}
        <Main session={session} onMenu={narrow ? () => setDrawer(true) : null} inert={narrow && drawer} />
        <Announcer />
      </div>
      {shown === "shortcuts" && <ShortcutsDialog onClose={() => setShown(null)} />}
      {shown === "key" && <KeyDialog onChange={onKeyChange} onClose={() => setShown(null)} />}
      {wantsKey && <KeyDialog onChange={onKeyChange} />}
    </SessionContext>
  );
}

const TITLES = { loading: "", ready: "New chat", missing: "Not found" };

interface MainProps {
  session: Session;
  onMenu: (() => void) | null;
  inert: boolean;
}

function Main({ session, onMenu, inert }: MainProps) {
  const thread = useStore(session.threads.shown);
  const { conversation, phase } = useStore(thread.store);
  const title = conversation ? (conversation.title ?? UNTITLED) : TITLES[phase];
  useEffect(() => {
    document.title = conversation ? `${title} · Parley` : "Parley";
  }, [conversation, title]);
  return (
    <main inert={inert}>
      <header className="head">
        {onMenu && <IconButton icon="menu" label="Open sidebar" onClick={onMenu} />}
        <h2>{title}</h2>
        {onMenu && <IconButton icon="newChat" label="New chat" onClick={() => session.router.go(NEW_CHAT)} />}
      </header>
      <ThreadView key={thread.key} thread={thread} />
    </main>
  );
}

interface Doings {
  search: () => void;
  list: () => void;
  closeDrawer: () => void;
}

function useShortcuts(session: Session, { search, list, closeDrawer }: Doings): void {
  useEffect(() => {
    const doings: Record<Command, () => void> = {
      search,
      shortcuts: list,
      newChat: () => {
        session.router.go(NEW_CHAT);
        focusMessageBox();
      },
      focusMessage: focusMessageBox,
      escape: () => {
        closeDrawer();
        const thread = session.threads.shown.get();
        if (thread.active) void thread.stop(thread.active.id);
      },
    };
    const onKeyDown = (event: KeyboardEvent) => {
      // A dialog, a field or an input method has taken it.
      if (event.defaultPrevented || event.isComposing || document.querySelector("dialog[open]")) return;
      const command = commandOf(event, isTyping(event.target));
      if (command === null) return;
      event.preventDefault();
      doings[command]();
    };
    addEventListener("keydown", onKeyDown);
    return () => removeEventListener("keydown", onKeyDown);
  }, [session, search, list, closeDrawer]);
}

function isTyping(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && target.matches("input, textarea, select, [contenteditable]");
}
