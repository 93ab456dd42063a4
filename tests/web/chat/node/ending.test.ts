import assert from "node:assert/strict";
import { test } from "node:test";
import type { Message } from "../../../../web/src/chat/graphql/types.ts";
import { ending } from "../../../../web/src/chat/thread/ending.ts";
import { usageDetail, usageLine } from "../../../../web/src/chat/thread/usageLine.ts";
import { message } from "./messages.ts";

const how = (given: Partial<Message>) => ending(message("r", given));

test("nothing is said of a reply in flight, or one that is whole", () => {
  for (const status of ["QUEUED", "STREAMING"] as const) assert.equal(how({ status }), null);
  assert.equal(how({ finishReason: "STOP", content: "All of it." }), null);
  assert.equal(how({ reasoning: "Only thoughts." }), null);
});

test("a reply without a word is told to be one, and asked for again", () => {
  const expected = { tone: "quiet", text: "It said nothing.", code: null, retry: true };
  assert.deepEqual(how({ finishReason: "STOP" }), expected);
});

test("each other end is told, and what may go better is offered again", () => {
  assert.deepEqual(how({ status: "STOPPED" }), { tone: "quiet", text: "Stopped.", code: null, retry: false });
  assert.equal(how({ status: "INTERRUPTED" })?.retry, true);
  assert.match(how({ finishReason: "LENGTH" })!.text, /most tokens/);
  assert.equal(how({ finishReason: "CONTENT_FILTER" })?.tone, "warning");
  assert.match(how({ finishReason: "TOOL_CALLS" })!.text, /tools/);
});

test("a failure is told in the backend's words, with its code", () => {
  const error = { code: "UPSTREAM_TIMEOUT", message: "It kept silent.", retryable: true };
  const expected = { tone: "error", text: "It kept silent.", code: "UPSTREAM_TIMEOUT", retry: true };
  assert.deepEqual(how({ status: "FAILED", error }), expected);
  assert.equal(how({ status: "FAILED" })?.text, "The reply failed.");
});

test("what it took is told, and whether somebody has counted", () => {
  const usage = { promptTokens: 1_200, completionTokens: 34, totalTokens: 1_234, source: "PROVIDER" } as const;
  assert.equal(usageLine({ model: "demo", usage }), "demo · 1,234 tokens");
  assert.equal(usageLine({ model: "demo", usage: { ...usage, totalTokens: 1, source: "ESTIMATED" } }), "demo · ≈ 1 token");
  assert.equal(usageLine({ model: null, usage: null }), "");
  assert.equal(usageDetail({ usage }), "1,200 tokens in, 34 tokens out, counted by the provider");
  assert.equal(usageDetail({ usage: null }), null);
});
