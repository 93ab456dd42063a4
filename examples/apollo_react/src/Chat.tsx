import { gql, type TypedDocumentNode } from "@apollo/client";
import { useMutation } from "@apollo/client/react";
import { useState, type FormEvent } from "react";
import { Reply } from "./Reply.tsx";

const POST: TypedDocumentNode<
  { postMessage: { conversation: { id: string }; message: { id: string }; reply: { id: string } } },
  { input: { content: string; conversationId?: string; idempotencyKey: string } }
> = gql`
  mutation Post($input: PostMessageInput!) {
    postMessage(input: $input) {
      conversation { id }
      message { id }
      reply { id }
    }
  }
`;

interface Turn {
  prompt: string;
  reply: string;
}

/** One conversation, from now on. */
export function Chat() {
  const [turns, setTurns] = useState<Turn[]>([]);
  const [conversationId, setConversationId] = useState<string>();
  const [post, { loading, error }] = useMutation(POST);

  async function send(event: FormEvent<HTMLFormElement>) {
    event.preventDefault();
    const form = event.currentTarget;
    const content = String(new FormData(form).get("content"));
    const input = { content, ...(conversationId && { conversationId }), idempotencyKey: crypto.randomUUID() };
    const { data } = await post({ variables: { input } });
    if (!data) return;
    form.reset();
    setConversationId(data.postMessage.conversation.id);
    setTurns([...turns, { prompt: content, reply: data.postMessage.reply.id }]);
  }

  return (
    <main>
      {turns.map(({ prompt, reply }) => (
        <article key={reply}>
          <p>
            <b>{prompt}</b>
          </p>
          <Reply id={reply} />
        </article>
      ))}
      <form onSubmit={send}>
        <input name="content" aria-label="Message" required />
        <button disabled={loading}>Send</button>
      </form>
      {error && <p role="alert">{error.message}</p>}
    </main>
  );
}
