import assert from "node:assert/strict";
import { test } from "node:test";
import { readMessage, refusalOf } from "../../../../web/src/client/transportWs.ts";

const FAULT = { message: "no", extensions: { code: "NOT_FOUND" } };

test("what the protocol has is read", () => {
  for (const message of [
    { type: "connection_ack" },
    { type: "connection_ack", payload: { any: "thing" } },
    { type: "ping" },
    { type: "pong", payload: null },
    { type: "next", id: "1", payload: { data: { completion: null } } },
    { type: "error", id: "1", payload: [FAULT] },
    { type: "complete", id: "1" },
  ]) {
    assert.deepEqual(readMessage(JSON.stringify(message)), message);
  }
});

test("what it does not have is nothing", () => {
  for (const text of [
    "",
    "{",
    "null",
    "1",
    '"ping"',
    "[]",
    "{}",
    '{"type": "subscribe", "id": "1"}',
    '{"type": "toString"}',
    '{"type": "__proto__"}',
    '{"type": "next", "id": "1"}',
    '{"type": "next", "id": "1", "payload": null}',
    '{"type": "next", "payload": {}}',
    '{"type": "error", "id": "1", "payload": {}}',
    '{"type": "complete", "id": 1}',
  ]) {
    assert.equal(readMessage(text), undefined, text);
  }
  assert.equal(readMessage(new ArrayBuffer(4)), undefined);
});

test("a client that the server will not have is told why", () => {
  for (const [code, name] of [
    [4400, "BAD_USER_INPUT"],
    [4401, "UNAUTHENTICATED"],
    [4403, "UNAUTHENTICATED"],
  ] as const) {
    const refusal = refusalOf(code, "because");
    assert.deepEqual([refusal?.code, refusal?.message, refusal?.retryable], [name, "because", false]);
  }
});

test("every other end is one to connect again after", () => {
  for (const code of [1000, 1001, 1005, 1006, 1011, 1012, 1013, 4406, 4408, 4409, 4429, 4499, 4500, 4999]) {
    assert.equal(refusalOf(code, ""), undefined, String(code));
  }
});
