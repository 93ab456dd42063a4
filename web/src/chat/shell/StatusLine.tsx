import { connectionLine } from "../session/connection.ts";
import { useSession, useStore } from "../session/SessionContext.ts";

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
