import { useStore, useSession } from "../session/SessionContext.ts";
import { NEW_CHAT } from "../route.ts";
import { CopyButton } from "./CopyButton.tsx";
import type { ThreadController } from "./ThreadController.ts";

export function Missing({ thread }: { thread: ThreadController }) {
  const { router } = useSession();
  const text = useStore(thread.drafts.text);
  return (
    <div className="missing">
      <h2>This conversation does not exist</h2>
      <p>It was deleted, or it belongs to another key.</p>
      {text !== "" && (
        <>
          <p>What you were writing:</p>
          <div className="draft">
            <div className="note" dir="auto" tabIndex={0}>
              {text}
            </div>
            <CopyButton text={text} />
          </div>
        </>
      )}
      <button type="button" className="button" onClick={() => router.go(NEW_CHAT)}>
        New chat
      </button>
    </div>
  );
}
