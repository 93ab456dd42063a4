import type { Post } from "./httpTransport.ts";
import type { Operation } from "./operation.ts";

/** Stands for a message id in the variables of a subscription: no message has such an id. */
export const LATEST_REPLY = "latest";

const QUERY = "query LatestReply { conversations(first: 1) { nodes { tip { id role } } } }";

interface LatestReplyData {
  conversations: { nodes: { tip: { id: string; role: string } | null }[] };
}

/**
 * The operation with the latest reply's id wherever its variable `messageId` says "latest".
 *
 * @throws Error when nothing has been answered yet, or when the server refuses to say.
 */
export async function withLatestReply(operation: Operation, post: Post): Promise<Operation> {
  if (operation.variables?.["messageId"] !== LATEST_REPLY) return operation;
  const { data, errors } = await post<LatestReplyData>({ query: QUERY });
  if (errors?.length) throw new Error(errors[0]?.message);
  const tip = data?.conversations.nodes[0]?.tip;
  if (tip?.role !== "ASSISTANT") throw new Error("There is no reply to follow yet: run PostMessage first.");
  return { ...operation, variables: { ...operation.variables, messageId: tip.id } };
}
