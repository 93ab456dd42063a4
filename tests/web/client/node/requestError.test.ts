import assert from "node:assert/strict";
import { test } from "node:test";
import { headers, socketUrl } from "../../../../web/src/client/place.ts";
import { RequestError } from "../../../../web/src/client/requestError.ts";

test("the first error of an answer is what is wrong", () => {
  const error = RequestError.of([
    { message: "after: must be", extensions: { code: "BAD_USER_INPUT", field: "after" } },
    { message: "other", extensions: { code: "INTERNAL" } },
  ]);
  assert.deepEqual(
    [error.code, error.message, error.field, error.retryable, error.retryAfterMs],
    ["BAD_USER_INPUT", "after: must be", "after", false, 0],
  );
});

test("errors of servers that say less are errors, too", () => {
  for (const error of [RequestError.of([]), RequestError.of([{ message: "no" }])]) {
    assert.deepEqual([error.code, error.field, error.retryable], ["INTERNAL", undefined, false]);
  }
});

test("a socket's address is that of the endpoint", () => {
  assert.equal(socketUrl({ url: "http://127.0.0.1:8000/graphql" }), "ws://127.0.0.1:8000/graphql");
  assert.equal(socketUrl({ url: "https://chat.example/graphql?a=b" }), "wss://chat.example/graphql?a=b");
});

test("a key that cannot be sent is refused as one that is not valid, and not taken for a server that is away", () => {
  assert.equal(headers({ url: "/graphql", key: "prly_1" })["authorization"], "Bearer prly_1");
  for (const key of ["prly_…", "a\nb", "ключ"]) {
    assert.throws(() => headers({ url: "/graphql", key }), { code: "UNAUTHENTICATED" });
  }
});
