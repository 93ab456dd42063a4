import { useSession, useStore } from "../session/SessionContext.ts";

/** What is read out to those who cannot see it. */
export function Announcer() {
  return (
    <div className="unseen" aria-live="polite">
      {useStore(useSession().announcement)}
    </div>
  );
}
