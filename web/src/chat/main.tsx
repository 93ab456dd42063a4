import "./theme.css";
import { createRoot } from "react-dom/client";
import { Chat } from "./Chat.tsx";
import { Drafts } from "./composer/Drafts.ts";
import { Router } from "./route.ts";
import { onKeyStored, storedKey } from "./session/apiKey.ts";
import { Session } from "./session/Session.ts";
import { applyTheme } from "./shell/theme.ts";

applyTheme();
const root = createRoot(document.getElementById("chat")!);
const router = new Router();
let session: Session | null = null;
let key = storedKey();
let sessions = 0;

/** Everything anew, with the key that is stored now. */
function begin(): void {
  session?.close();
  const before = key;
  key = storedKey();
  // After the last session, which writes nothing any more; it is forgotten here or in another tab.
  if (before !== null && key === null) Drafts.forget();
  session = new Session(router, key);
  sessions += 1;
  root.render(<Chat key={sessions} session={session} onKeyChange={begin} />);
}

onKeyStored(begin);
begin();
