import assert from "node:assert/strict";
import { test } from "node:test";
import {
  CONNECTED,
  connectionLine,
  reduceConnection,
  type ConnectionAction,
} from "../../../../web/src/chat/session/connection.ts";

const after = (...actions: ConnectionAction[]) => connectionLine(actions.reduce(reduceConnection, CONNECTED));
const following = (state: "connecting" | "live" | "waiting" | "offline" | null): ConnectionAction => ({
  type: "following",
  following: state,
});

test("nothing is said while all is well", () => {
  assert.equal(after(), null);
  assert.equal(after(following("connecting")), null);
  assert.equal(after(following("connecting"), following("live")), null);
});

test("a lost connection is told until it is back, each attempt included", () => {
  const lost = "Reconnecting… Your text is kept.";
  assert.equal(after(following("live"), following("waiting")), lost);
  assert.equal(after(following("live"), following("waiting"), following("connecting")), lost);
  assert.equal(after(following("waiting"), following("connecting"), following("live")), null);
  assert.equal(after(following("waiting"), following(null)), null);
});

test("a message that waits for the server is told of until it is sent", () => {
  const waits: ConnectionAction = { type: "waits", sending: true };
  assert.match(after(waits)!, /Your message is kept, and sent as soon/);
  assert.match(after({ type: "online", online: false }, waits)!, /offline\. Your message is kept and sent later/);
  assert.equal(after(waits, { type: "answered", sending: true }), null);
});

test("what waits is counted, so that the first answer of two does not say that all is well", () => {
  const waits: ConnectionAction = { type: "waits", sending: false };
  const answered: ConnectionAction = { type: "answered", sending: false };
  assert.match(after(waits, waits, answered)!, /Trying again/);
  assert.equal(after(waits, waits, answered, answered), null);
});

test("without a network the text is kept", () => {
  assert.equal(after({ type: "online", online: false }), "You are offline. Your text is kept.");
  assert.equal(after({ type: "online", online: false }, { type: "online", online: true }), null);
});
