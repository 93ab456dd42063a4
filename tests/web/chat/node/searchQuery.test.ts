import assert from "node:assert/strict";
import { test } from "node:test";
import { asTyped } from "../../../../web/src/chat/conversations/searchQuery.ts";

for (const [typed, query] of [
  ["", ""],
  ["  ", ""],
  ["h", "h"],
  ["he", "he*"],
  ["long stor", "long stor*"],
  ["story ", "story"],
  ["größ", "größ*"],
  ["cats or", "cats or"],
  ["-dog", "-dog"],
  ["wor*", "wor*"],
  ['"a phra', '"a phra'],
  ['"a phrase" th', '"a phrase" th*'],
]) {
  test(`"${typed}" asks for "${query}"`, () => assert.equal(asTyped(typed!), query));
}
