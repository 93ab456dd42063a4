import { useSession, useStore } from "../session/SessionContext.ts";
import { IconButton } from "./IconButton.tsx";

/** What has gone wrong, until it is put away. */
export function Problem() {
  const { problem } = useSession();
  const text = useStore(problem);
  return (
    <div role="alert">
      {text !== null && (
        <div className="problem">
          <span>{text}</span>
          <IconButton icon="close" label="Dismiss" onClick={() => problem.dispatch(null)} />
        </div>
      )}
    </div>
  );
}
