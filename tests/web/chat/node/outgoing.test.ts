import assert from "node:assert/strict";
import { test } from "node:test";
import { inputOf, parseOutgoing, refusedDraft, type Outgoing } from "../../../../web/src/chat/composer/outgoing.ts";

const POST: Outgoing = { kind: "post", key: "k", conversationId: null, content: "Hi", model: null };
const EDIT: Outgoing = { kind: "edit", key: "k", messageId: "m", content: "Hi", model: "demo" };
const REGENERATE: Outgoing = { kind: "regenerate", key: "k", messageId: "m", model: null };

test("the input has its key, and nothing that is left to the server", () => {
  assert.deepEqual(inputOf(POST), { content: "Hi", idempotencyKey: "k" });
  assert.deepEqual(inputOf({ ...POST, conversationId: "c" }), { conversationId: "c", content: "Hi", idempotencyKey: "k" });
  assert.deepEqual(inputOf(EDIT), { messageId: "m", content: "Hi", model: "demo", idempotencyKey: "k" });
  assert.deepEqual(inputOf(REGENERATE), { messageId: "m", idempotencyKey: "k" });
});

test("what a reload has cut off is sent as it was", () => {
  for (const outgoing of [POST, EDIT, REGENERATE]) {
    assert.deepEqual(parseOutgoing(JSON.stringify(outgoing)), outgoing);
  }
});

test("what is stored and none of ours is not sent", () => {
  const foreign = [null, "", "{", "null", "[]", '"post"', "{}", JSON.stringify({ ...POST, key: 1 })];
  const broken = [{ ...POST, content: undefined }, { ...EDIT, messageId: null }, { ...EDIT, content: 1 }, { ...POST, model: 1 }];
  const unknown = JSON.stringify({ ...EDIT, kind: "other" });
  for (const stored of [...foreign, ...broken.map((each) => JSON.stringify(each)), unknown]) {
    assert.equal(parseOutgoing(stored), null, String(stored));
  }
});

test("a refused post is in the box again, before what was typed since", () => {
  assert.equal(refusedDraft("Hi", ""), "Hi");
  assert.equal(refusedDraft("Hi", " \n"), "Hi");
  assert.equal(refusedDraft("Hi", "there"), "Hi\n\nthere");
});
