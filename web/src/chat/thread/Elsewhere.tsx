import { catchFocus } from "../composer/messageBox.ts";
import type { ThreadController } from "./ThreadController.ts";

/** What others have to wait for although it is not in sight. */
export function Elsewhere({ id, thread }: { id: string; thread: ThreadController }) {
  return (
    <div className="elsewhere">
      <span>A reply is being written on another branch.</span>
      <button type="button" className="button" onClick={() => void thread.select(id).then(catchFocus)}>
        Show
      </button>
      <button type="button" className="button" onClick={() => void thread.stop(id).then(catchFocus)}>
        Stop it
      </button>
    </div>
  );
}
