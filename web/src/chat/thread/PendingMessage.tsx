import { useSession, useStore } from "../session/SessionContext.ts";
import { Progress } from "./Reply.tsx";
import type { ThreadController } from "./ThreadController.ts";

/** What the server has not acknowledged yet, where it will stand. */
export function PendingMessage({ said, thread }: { said: string | null; thread: ThreadController }) {
  const late = useStore(useSession().connection).sending;
  return (
    <article className={`message pending ${said === null ? "assistant" : "user"}`} aria-label="On its way">
      {said === null ? (
        <Progress />
      ) : (
        <div className="bubble" dir="auto">
          {said}
        </div>
      )}
      {late && (
        <div className="message-actions">
          <span className="usage">Not sent yet</span>
          <button type="button" className="button" onClick={() => thread.sending.takeBack()}>
            Take back
          </button>
        </div>
      )}
    </article>
  );
}
