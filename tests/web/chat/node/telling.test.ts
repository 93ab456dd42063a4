import assert from "node:assert/strict";
import { test } from "node:test";
import { RequestError } from "../../../../web/src/client/index.ts";
import { complaint } from "../../../../web/src/chat/session/complaint.ts";
import { announcement } from "../../../../web/src/chat/thread/announcement.ts";
import { message } from "./messages.ts";

test("a reply that has ended is read out, and how it has ended if it is not whole", () => {
  assert.equal(announcement(message("r", { content: "Hello." })), "Reply: Hello.");
  assert.equal(announcement(message("r", { content: "Hel", status: "STOPPED" })), "Stopped. Hel");
});

test("of a long reply the beginning is read out", () => {
  const said = announcement(message("r", { content: "x".repeat(100_000) }));
  assert.equal(said, `Reply: ${"x".repeat(1_000)}…`);
});

test("people are told what went wrong in words for people", () => {
  const refused = new RequestError("CONVERSATION_BUSY", "a reply to this conversation is being generated");
  assert.equal(complaint(refused), "A reply to this conversation is being generated");
  const lost = new RequestError("UNREACHABLE", "The server cannot be reached: TypeError: Failed to fetch");
  assert.equal(complaint(lost), "The server cannot be reached. Try again when it is back.");
  assert.equal(complaint("odd"), "Odd");
});

test("a key that is wanted is asked for, and not complained of", () => {
  assert.equal(complaint(new RequestError("UNAUTHENTICATED", "the API key is not valid")), null);
});
