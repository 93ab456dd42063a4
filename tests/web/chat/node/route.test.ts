import assert from "node:assert/strict";
import { test } from "node:test";
import { formatRoute, NEW_CHAT, parseRoute } from "../../../../web/src/chat/route.ts";

test("an address names the same place again", () => {
  for (const route of [
    NEW_CHAT,
    { conversation: "conv_1", message: null },
    { conversation: "conv_1", message: "msg_2" },
    { conversation: "a/b?c#d %", message: "e f" },
  ]) {
    assert.deepEqual(parseRoute(new URL(formatRoute(route), "http://parley.test")), route);
  }
});

test("any other address is a new conversation", () => {
  for (const pathname of ["/", "/c", "/c/", "/c/a/b", "/d/a"]) assert.deepEqual(parseRoute({ pathname, hash: "" }), NEW_CHAT);
});

test("an address that cannot be decoded is taken as it is", () => {
  assert.deepEqual(parseRoute({ pathname: "/c/%E0%A4", hash: "#%" }), { conversation: "%E0%A4", message: "%" });
});
