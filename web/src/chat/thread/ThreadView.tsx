import "./thread.css";
import { useEffect, useMemo, type ReactNode } from "react";
import { Composer } from "../composer/Composer.tsx";
import { catchFocus } from "../composer/messageBox.ts";
import { modelInUse } from "../composer/modelInUse.ts";
import type { Outgoing } from "../composer/outgoing.ts";
import { inFlight, type Message } from "../graphql/types.ts";
import { useSession, useStore } from "../session/SessionContext.ts";
import { IconButton } from "../shell/IconButton.tsx";
import { Problem } from "../shell/Problem.tsx";
import { StatusLine } from "../shell/StatusLine.tsx";
import { Elsewhere } from "./Elsewhere.tsx";
import { MessageView } from "./MessageView.tsx";
import { Missing } from "./Missing.tsx";
import { Older } from "./Older.tsx";
import { PendingMessage } from "./PendingMessage.tsx";
import { withOutgoing } from "./pending.ts";
import { activeElsewhere } from "./thread.ts";
import type { ThreadController } from "./ThreadController.ts";
import { useScrolling, type Scrolling } from "./useScrolling.ts";
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
  useSent(outgoing, scrolling.toEnd);
  useRevealed(thread, state.phase === "ready", scrolling.toElement);
  if (state.phase === "missing") return <Missing thread={thread} />;
  const active = messages.find(inFlight);
  const elsewhere = activeElsewhere(state);
  const busy = outgoing !== null || active !== undefined || elsewhere !== null;
  return (
    <>
      <Messages scrolling={scrolling} loading={state.phase === "loading"}>
        {state.phase === "ready" && state.messages.length === 0 && outgoing === null && (
          <Welcome onSay={(text) => thread.post(text, model)} />
        )}
        <Older thread={thread} first={messages[0]?.id} older={state.older} />
        {messages.map((message) => (
          <MessageView key={place(message)} message={message} thread={thread} busy={busy} model={model} />
        ))}
        {outgoing && <PendingMessage said={said} thread={thread} />}
      </Messages>
      <Foot scrolling={scrolling}>
        {elsewhere !== null && <Elsewhere id={elsewhere.id} thread={thread} />}
        <Composer thread={thread} active={active} model={model} />
      </Foot>
    </>
  );
}

function Foot({ scrolling, children }: { scrolling: Scrolling; children: ReactNode }) {
  return (
    <footer className="foot">
      {scrolling.away && (
        <IconButton icon="arrowDown" label="Jump to latest" className="jump" onClick={scrolling.toEnd} />
      )}
      <StatusLine />
      <Problem />
      {children}
    </footer>
  );
}

interface MessagesProps {
  scrolling: Scrolling;
  loading: boolean;
  children: ReactNode;
}

function Messages({ scrolling, loading, children }: MessagesProps) {
  return (
    <div
      ref={scrolling.scroller}
      className="scroller"
      data-scrolls
      role="log"
      aria-live="off"
      aria-label="Messages"
      aria-busy={loading}
      tabIndex={0}
      onScroll={scrolling.onScroll}
    >
      <div ref={scrolling.content} className="messages">
        {children}
      </div>
    </div>
  );
}

/** The versions of a message share one place: whoever goes through them stays where they are. */
function place({ parent }: Message): string {
  return parent?.id ?? "root";
}

/** What was just sent is looked at; and it may have stood where the focus was. */
function useSent(outgoing: Outgoing | null, toEnd: () => void): void {
  useEffect(() => {
    if (outgoing === null) return;
    toEnd();
    catchFocus();
  }, [outgoing, toEnd]);
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
