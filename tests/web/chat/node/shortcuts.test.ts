import assert from "node:assert/strict";
import { test } from "node:test";
import { commandOf, sends, type KeyPress } from "../../../../web/src/chat/shell/shortcuts.ts";

const press = (key: string, given: Partial<KeyPress> = {}): KeyPress => ({
  key,
  ctrlKey: false,
  metaKey: false,
  shiftKey: false,
  altKey: false,
  ...given,
});

test("shortcuts are known on every kind of keyboard", () => {
  assert.equal(commandOf(press("k", { ctrlKey: true }), true), "search");
  assert.equal(commandOf(press("k", { metaKey: true }), true), "search");
  assert.equal(commandOf(press("O", { ctrlKey: true, shiftKey: true }), true), "newChat");
  assert.equal(commandOf(press("Escape"), true), "escape");
  assert.equal(commandOf(press("Escape", { shiftKey: true }), true), "focusMessage");
  assert.equal(commandOf(press("?", { shiftKey: true }), false), "shortcuts");
});

test("a letter that is typed is no shortcut", () => {
  assert.equal(commandOf(press("?", { shiftKey: true }), true), null);
  assert.equal(commandOf(press("k"), false), null);
  assert.equal(commandOf(press("k", { ctrlKey: true, altKey: true }), false), null);
});

test("Enter sends, unless it breaks the line or takes what an input method offers", () => {
  const enter = { ...press("Enter"), isComposing: false, keyCode: 13 };
  assert.equal(sends(enter), true);
  assert.equal(sends({ ...enter, shiftKey: true }), false);
  assert.equal(sends({ ...enter, ctrlKey: true }), false);
  assert.equal(sends({ ...enter, isComposing: true }), false);
  assert.equal(sends({ ...enter, keyCode: 229 }), false);
  assert.equal(sends({ ...enter, key: "a" }), false);
});
