import assert from "node:assert/strict";
import { test } from "node:test";
import { backOffMs } from "../../../../web/src/client/backOff.ts";

test("waits double up to some seconds, and half of each is left to chance", () => {
  assert.deepEqual([0, 1, 2, 3, 4].map((failures) => backOffMs(failures, 0)), [200, 400, 800, 1600, 3200]);
  assert.deepEqual([0, 1, 2, 3, 4].map((failures) => backOffMs(failures, 1)), [100, 200, 400, 800, 1600]);
  for (const failures of [5, 100, 10_000]) {
    assert.equal(backOffMs(failures, 0), 5_000);
    assert.equal(backOffMs(failures, 1), 2_500);
  }
});
