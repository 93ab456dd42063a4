import { connectionLine } from "../session/connection.ts";
import { useSession, useStore } from "../session/SessionContext.ts";
import { IconButton } from "./IconButton.tsx";

/** What the page is doing about a server that is away; it is there all the time, so that it is read out when it speaks. */
export function StatusLine() {
  const line = connectionLine(useStore(useSession().connection));
  return (
    <div className="status-line" role="status">
      {line && (
        <span>
          <span className="status-dot" />
          {line}
        </span>
      )}
    </div>
  );
}

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

export function Announcer() {
  return (
    <div className="unseen" aria-live="polite">
      {useStore(useSession().announcement)}
    </div>
  );
}
