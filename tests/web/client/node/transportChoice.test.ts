import assert from "node:assert/strict";
import { test } from "node:test";
import { transportAfter, type Failures } from "../../../../web/src/client/transportChoice.ts";

/** The first ways that are tried where none of them opens. */
function tried(worked: boolean, attempts: number): string {
  const failures: Failures = { websocket: 0, sse: 0, worked };
  return Array.from({ length: attempts }, () => {
    const transport = transportAfter(failures);
    failures[transport]++;
    return transport[0];
  }).join("");
}

test("sockets first, then both by turns", () => {
  assert.equal(tried(false, 8), "wwswswsw");
});

test("where sockets have worked before, the server is more likely to be down than they are to be blocked", () => {
  assert.equal(tried(true, 8), "wwwwswsw");
});

test("what works is used again", () => {
  assert.equal(transportAfter({ websocket: 3, sse: 0, worked: false }), "sse");
  assert.equal(transportAfter({ websocket: 0, sse: 0, worked: true }), "websocket");
});
