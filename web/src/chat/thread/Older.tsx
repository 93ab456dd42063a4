import { useStore } from "../session/SessionContext.ts";
import { useSight } from "../shell/useSight.ts";
import type { ThreadController } from "./ThreadController.ts";

interface OlderProps {
  thread: ThreadController;
  first: string | undefined;
  older: string | null;
}

/** Above the first message: whoever comes near it gets older ones. */
export function Older({ thread, first, older }: OlderProps) {
  const loading = useStore(thread.older) !== null;
  const sight = useSight<HTMLDivElement>(() => void thread.loadOlder(), `${first} ${older}`);
  if (older === null) return null;
  return (
    <div ref={sight} className="older">
      {loading && "Loading older messages…"}
    </div>
  );
}
