import { gql, type TypedDocumentNode } from "@apollo/client";
import { useSubscription } from "@apollo/client/react";
import { useState } from "react";

type CompletionEvent =
  | { __typename: "CompletionDelta" | "CompletionSnapshot"; seq: number; content: string }
  | { __typename: "CompletionEnd"; seq: number; message: { id: string; status: string } };

const FOLLOW: TypedDocumentNode<{ completion: CompletionEvent }, { id: string; after: number }> = gql`
  subscription Follow($id: ID!, $after: Int) {
    completion(messageId: $id, after: $after) {
      seq
      ... on CompletionDelta { content }
      ... on CompletionSnapshot { content }
      ... on CompletionEnd { message { id status } }
    }
  }
`;

/** An answer, as it comes. */
export function Reply({ id }: { id: string }) {
  const [text, setText] = useState("");
  const [status, setStatus] = useState("STREAMING");
  const { error } = useSubscription(FOLLOW, {
    variables: { id, after: 0 },
    fetchPolicy: "no-cache",
    // Every event comes here; `data` has the last one only, whenever React renders.
    onData({ data: { data } }) {
      const event = data?.completion;
      if (event?.__typename === "CompletionDelta") setText((before) => before + event.content);
      if (event?.__typename === "CompletionSnapshot") setText(event.content);
      if (event?.__typename === "CompletionEnd") setStatus(event.message.status);
    },
  });
  return (
    <p data-message-id={id} data-status={error ? "FAILED" : status} style={{ whiteSpace: "pre-wrap" }}>
      {error ? error.message : text}
    </p>
  );
}
