import "./sidebar.css";
import { useCallback, useRef, useState, type RefObject } from "react";
import logo from "../../parley.svg";
import { NEW_CHAT, type Route } from "../route.ts";
import { storedKey } from "../session/apiKey.ts";
import { useSession, useStore } from "../session/SessionContext.ts";
import { Icon, type IconName } from "../shell/Icon.tsx";
import { IconButton } from "../shell/IconButton.tsx";
import { switchTheme, theme, type Theme } from "../shell/theme.ts";
import type { Shelf } from "./ConversationList.ts";
import { Conversations } from "./Conversations.tsx";
import { SearchResults } from "./SearchResults.tsx";
import { useSearch } from "./useSearch.ts";

interface SidebarProps {
  searchBox: RefObject<HTMLInputElement | null>;
  hidden: boolean;
  /** Something was opened: where the sidebar lies over it, it goes. */
  onOpened: () => void;
  onClose: (() => void) | null;
  onShortcuts: () => void;
  onKey: () => void;
}

export function Sidebar({ searchBox, hidden, onOpened, onClose, onShortcuts, onKey }: SidebarProps) {
  const session = useSession();
  const [typed, setTyped] = useState("");
  const { found, more } = useSearch(session, typed);
  const newChat = useRef<HTMLButtonElement>(null);
  const open = useCallback(
    (route: Route) => {
      session.router.go(route);
      onOpened();
    },
    [session, onOpened],
  );
  const openConversation = useCallback((id: string) => open({ conversation: id, message: null }), [open]);
  const focusNewChat = useCallback(() => newChat.current?.focus(), []);
  return (
    <div className="sidebar" inert={hidden}>
      <div className="brand">
        <img src={logo} alt="" width="24" height="24" />
        <h1>Parley</h1>
        {onClose && <IconButton icon="close" label="Close sidebar" onClick={onClose} />}
      </div>
      <button ref={newChat} type="button" className="new-chat" onClick={() => open(NEW_CHAT)}>
        <Icon name="newChat" />
        New chat
      </button>
      <SearchBox box={searchBox} value={typed} onChange={setTyped} />
      <nav aria-label="Conversations" data-scrolls>
        {typed.trim() === "" ? (
          <>
            <Shelves />
            <Conversations onOpen={openConversation} onEmptied={focusNewChat} />
          </>
        ) : (
          <SearchResults found={found} onMore={more} onOpen={open} />
        )}
      </nav>
      <SidebarFoot onShortcuts={onShortcuts} onKey={onKey} />
    </div>
  );
}

interface SearchBoxProps {
  box: RefObject<HTMLInputElement | null>;
  value: string;
  onChange: (typed: string) => void;
}

function SearchBox({ box, value, onChange }: SearchBoxProps) {
  return (
    <label className="search">
      <Icon name="search" />
      <input
        ref={box}
        type="search"
        aria-label="Search"
        placeholder="Search messages"
        value={value}
        onChange={(event) => onChange(event.target.value)}
        onKeyDown={(event) => {
          if (event.key !== "Escape" || value === "") return;
          event.preventDefault();
          onChange("");
        }}
      />
    </label>
  );
}

const SHELVES: Record<Shelf, string> = { active: "Chats", archived: "Archived" };

function Shelves() {
  const { conversations } = useSession();
  const shown = useStore(conversations.shelf);
  return (
    <div className="shelves" role="group" aria-label="Which conversations">
      {(Object.keys(SHELVES) as Shelf[]).map((shelf) => (
        <button key={shelf} type="button" aria-pressed={shelf === shown} onClick={() => conversations.show(shelf)}>
          {SHELVES[shelf]}
        </button>
      ))}
    </div>
  );
}

const THEMES: Record<Theme, { icon: IconName; label: string }> = {
  system: { icon: "system", label: "Theme: as the system's" },
  light: { icon: "light", label: "Theme: light" },
  dark: { icon: "dark", label: "Theme: dark" },
};

function SidebarFoot({ onShortcuts, onKey }: { onShortcuts: () => void; onKey: () => void }) {
  return (
    <div className="sidebar-foot">
      <a href="/graphql">Playground</a>
      <a href="/docs">REST API</a>
      <span className="spacer" />
      {storedKey() !== null && <IconButton icon="key" label="API key" onClick={onKey} />}
      <IconButton icon="keyboard" label="Keyboard shortcuts" onClick={onShortcuts} />
      <IconButton {...THEMES[useStore(theme)]} onClick={switchTheme} />
    </div>
  );
}
