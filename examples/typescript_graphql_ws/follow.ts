// Posts a message and prints the answer while it is generated, however often the connection is lost.
import { randomUUID } from "node:crypto";
import { createClient, type Client } from "graphql-ws";
import WebSocket from "ws"; // browsers have their own, and Node.js from 22 on

const url = `${process.env["PARLEY_URL"] ?? "http://127.0.0.1:8000"}/graphql`;
const key = process.env["PARLEY_KEY"];
const headers: Record<string, string> = key ? { authorization: `Bearer ${key}` } : {};

const POST = `mutation ($input: PostMessageInput!) { postMessage(input: $input) { reply { id } } }`;
const FOLLOW = `subscription ($id: ID!, $after: Int) {
  completion(messageId: $id, after: $after) {
    __typename
    seq
    ... on CompletionDelta { content }
    ... on CompletionSnapshot { content }
    ... on CompletionEnd { message { status } }
  }
}`;

type CompletionEvent =
  | { __typename: "CompletionDelta" | "CompletionSnapshot"; seq: number; content: string }
  | { __typename: "CompletionEnd"; seq: number; message: { status: string } };

/** The id of the reply. */
async function post(content: string): Promise<string> {
  const response = await fetch(url, {
    method: "POST",
    headers: { ...headers, "content-type": "application/json" },
    body: JSON.stringify({ query: POST, variables: { input: { content, idempotencyKey: randomUUID() } } }),
  });
  const { data, errors } = await response.json();
  if (errors) throw new Error(errors[0].message);
  return data.postMessage.reply.id;
}

/** Every event of the reply, once and in order; the last one is its CompletionEnd. */
async function* follow(client: Client, id: string): AsyncGenerator<CompletionEvent> {
  let seq = 0;
  const variables = {
    id,
    // The client reconnects by itself and writes its variables out anew each time: a plain value would be the first
    // one for ever.
    get after() {
      return seq;
    },
  };
  for await (const { data, errors } of client.iterate<{ completion: CompletionEvent }>({ query: FOLLOW, variables })) {
    if (!data) throw new Error(errors?.[0]?.message);
    seq = data.completion.seq;
    yield data.completion;
  }
}

const client = createClient({
  url: url.replace("http", "ws"),
  webSocketImpl: WebSocket,
  connectionParams: headers,
  retryAttempts: Infinity,
  shouldRetry: () => true, // also when the server is not there at all
});
const reply = await post(process.argv.slice(2).join(" ") || "Tell me a long story");
for await (const event of follow(client, reply)) {
  process.stdout.write(event.__typename === "CompletionEnd" ? `\n${event.message.status}\n` : event.content);
}
await client.dispose();
