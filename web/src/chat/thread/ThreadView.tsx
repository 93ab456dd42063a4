import "./thread.css";
import { useEffect, useMemo } from "react";
import { Composer } from "../composer/Composer.tsx";
import { modelInUse } from "../composer/modelInUse.ts";
import { inFlight, type Message } from "../graphql/types.ts";
import { useSession, useStore } from "../session/SessionContext.ts";
import { IconButton } from "../shell/IconButton.tsx";
import { Problem, StatusLine } from "../shell/StatusLine.tsx";
import { useSight } from "../shell/useEvents.ts";
import { MessageView } from "./MessageView.tsx";
import { PendingMessage } from "./PendingMessage.tsx";
import { withOutgoing } from "./pending.ts";
import { activeElsewhere } from "./thread.ts";
import type { ThreadController } from "./ThreadController.ts";
import { useScrolling } from "./useScrolling.ts";
import { Welcome } from "./Welcome.tsx";

/** A conversation: its messages, and where to say more. */
export function ThreadView({ thread }: { thread: ThreadController }) {
  const state = useStore(thread.store);
  const outgoing = useStore(thread.sending.outgoing);
  const { messages, said } = useMemo(
    () => (outgoing ? withOutgoing(state.messages, outgoing) : { messages: state.messages, said: null }),
    [state.messages, outgoing],
  );
  const models = useStore(useSession().models);
  const model = modelInUse(models, useStore(thread.model), state.conversation, messages);
  const scrolling = useScrolling(messages[0]?.id);
  useRevealed(thread, state.phase === "ready", scrolling.toElement);
  const active = messages.find(inFlight);
  const elsewhere = activeElsewhere(state);
  const busy = outgoing !== null || active !== undefined || elsewhere !== null;

  if (state.phase === "missing") return <Missing />;
  const empty = state.phase === "ready" && messages.length === 0 && outgoing === null;
  return (
    <>
      <div
        ref={scrolling.scroller}
        className="scroller"
        data-scrolls
        role="log"
        aria-live="off"
        aria-label="Messages"
        aria-busy={state.phase === "loading"}
        tabIndex={0}
        onScroll={scrolling.onScroll}
      >
        <div ref={scrolling.content} className="messages">
          {empty && <Welcome onSay={(text) => thread.post(text, model)} />}
          <Older thread={thread} first={messages[0]?.id} older={state.older} />
          {messages.map((message) => (
            <MessageView key={place(message)} message={message} thread={thread} busy={busy} model={model} />
          ))}
          {outgoing && <PendingMessage said={said} thread={thread} />}
        </div>
      </div>
      <footer className="foot">
        {scrolling.away && (
          <IconButton icon="arrowDown" label="Jump to latest" className="jump" onClick={scrolling.toEnd} />
        )}
        <StatusLine />
        <Problem />
        {elsewhere !== null && <Elsewhere id={elsewhere.id} thread={thread} />}
        <Composer thread={thread} active={active} model={model} onSend={scrolling.toEnd} />
      </footer>
    </>
  );
}

/** The versions of a message share one place: whoever goes through them stays where they are. */
function place({ parent }: Message): string {
  return parent?.id ?? "root";
}

/** Brings the message that the address names into sight. */
function useRevealed(thread: ThreadController, ready: boolean, show: (element: HTMLElement) => void): void {
  const { message } = useStore(useSession().router.route);
  useEffect(() => {
    if (!ready || message === null) return;
    let current = true;
    void thread.reveal(message).then((there) => {
      const element = current && there ? document.getElementById(message) : null;
      if (element === null) return;
      show(element);
      element.focus({ preventScroll: true });
      (element.querySelector(".bubble") ?? element).animate([{ background: "var(--accent-soft)" }, {}], 2_000);
    });
    return () => {
      current = false;
    };
  }, [thread, ready, message, show]);
}

interface OlderProps {
  thread: ThreadController;
  first: string | undefined;
  older: string | null;
}

/** Above the first message: whoever comes near it gets older ones. */
function Older({ thread, first, older }: OlderProps) {
  const loading = useStore(thread.loadingOlder);
  const sight = useSight<HTMLDivElement>(() => void thread.loadOlder(), `${first} ${older}`);
  if (older === null) return null;
  return (
    <div ref={sight} className="older">
      {loading && "Loading older messages…"}
    </div>
  );
}

function Elsewhere({ id, thread }: { id: string; thread: ThreadController }) {
  return (
    <div className="elsewhere">
      <span>A reply is being written on another branch.</span>
      <button type="button" className="button" onClick={() => void thread.select(id)}>
        Show
      </button>
      <button type="button" className="button" onClick={() => void thread.stop(id)}>
        Stop it
      </button>
    </div>
  );
}

function Missing() {
  return (
    <div className="missing">
      <h2>This conversation does not exist</h2>
      <p>It was deleted, or it belongs to another key.</p>
    </div>
  );
}
