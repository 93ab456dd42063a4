import assert from "node:assert/strict";
import { test } from "node:test";
import { ConversationList } from "../../../../web/src/chat/conversations/ConversationList.ts";
import type { Session } from "../../../../web/src/chat/session/Session.ts";
import { conversation } from "./messages.ts";

/** A list whose server answers when it is told to, each read with a conversation of its own. */
function list() {
  const reads: (() => Promise<void>)[] = [];
  const settled = () => new Promise<void>((resolve) => setImmediate(resolve));
  const persist = () =>
    new Promise((resolve) => {
      const nodes = [conversation(`read ${reads.length + 1}`)];
      const conversations = { nodes, pageInfo: { hasNextPage: false, endCursor: null } };
      reads.push(() => (resolve({ conversations }), settled()));
    });
  const conversations = new ConversationList({ persist, complain: assert.ifError } as unknown as Session);
  const listed = () => conversations.listings.active.get().items.map(({ id }) => id);
  return { conversations, reads, listed };
}

test("while the server is away one read waits for it, however often it is looked for, and one more follows", async () => {
  const { conversations, reads, listed } = list();
  for (let looks = 0; looks < 5; looks += 1) conversations.refresh();
  assert.equal(reads.length, 1);
  await reads[0]!();
  assert.equal(reads.length, 2);
  await reads[1]!();
  assert.deepEqual([reads.length, listed()], [2, ["read 2"]]);
  conversations.refresh();
  assert.equal(reads.length, 3);
});

test("the archive is read while the other list still waits", () => {
  const { conversations, reads } = list();
  conversations.refresh();
  conversations.show("archived");
  assert.equal(reads.length, 2);
});
