import assert from "node:assert/strict";
import { test } from "node:test";
import { PACE } from "../../../../web/src/client/line.ts";
import { liveness } from "../../../../web/src/client/liveness.ts";

const pace = { ...PACE, silence: 100, answer: 50 };

test("a server that has just spoken is left alone until it has been silent for long", () => {
  assert.equal(liveness({ at: 1_000 }, 1_000, pace), 100);
  assert.equal(liveness({ at: 1_000 }, 1_099, pace), 1);
  assert.equal(liveness({ at: 1_000 }, 1_100, pace), "ask");
});

test("once it has been asked it has as long as it was given, however late anybody looks", () => {
  const heard = { at: 1_000, asked: { at: 1_100, patience: 50 } };
  assert.equal(liveness(heard, 1_100, pace), 50);
  assert.equal(liveness(heard, 1_149, pace), 1);
  assert.equal(liveness(heard, 1_150, pace), "lost");
  assert.equal(liveness(heard, 9_999_999, pace), "lost");
});

test("a machine that wakes up asks before it gives the server up", () => {
  assert.equal(liveness({ at: 1_000 }, 9_999_999, pace), "ask");
});
