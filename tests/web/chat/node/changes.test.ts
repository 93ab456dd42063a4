import assert from "node:assert/strict";
import { mock, test } from "node:test";
import { Changes } from "../../../../web/src/chat/session/changes.ts";

test("who comes back twice within a second has the server looked at once more when it is over, and not after that", () => {
  const page = Object.assign(new EventTarget(), { visibilityState: "visible" });
  const given = { document: page, addEventListener: page.addEventListener.bind(page) };
  Object.assign(globalThis, given);
  mock.timers.enable({ apis: ["setTimeout", "Date"], now: 10_000 });
  let looks = 0;
  const changes = new Changes(() => (looks += 1));
  try {
    page.dispatchEvent(new Event("focus"));
    assert.equal(looks, 1);
    page.dispatchEvent(new Event("online"));
    page.dispatchEvent(new Event("focus"));
    assert.equal(looks, 1);
    mock.timers.tick(1_000);
    assert.equal(looks, 2);
    page.dispatchEvent(new Event("focus"));
    changes.close();
    mock.timers.tick(10_000);
    assert.equal(looks, 2);
  } finally {
    changes.close();
    mock.timers.reset();
  }
});
