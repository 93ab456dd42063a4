import assert from "node:assert/strict";
import { test } from "node:test";
import { withOutgoing } from "../../../../web/src/chat/thread/pending.ts";
import { branch } from "./messages.ts";

const MESSAGES = branch("abcd");
const shown = (...given: Parameters<typeof withOutgoing>) => {
  const { messages, said } = withOutgoing(...given);
  return [messages.map(({ id }) => id).join(""), said];
};

test("what is on its way is shown where it will stand", () => {
  const key = "k";
  assert.deepEqual(shown(MESSAGES, { kind: "post", key, conversationId: "x", content: "Hi", model: null }), ["abcd", "Hi"]);
  assert.deepEqual(shown(MESSAGES, { kind: "edit", key, messageId: "c", content: "Hi", model: null }), ["ab", "Hi"]);
  assert.deepEqual(shown(MESSAGES, { kind: "regenerate", key, messageId: "d", model: null }), ["abc", null]);
  assert.deepEqual(shown(MESSAGES, { kind: "edit", key, messageId: "z", content: "Hi", model: null }), ["abcd", "Hi"]);
});
