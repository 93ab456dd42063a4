import assert from "node:assert/strict";
import { test } from "node:test";
import { stretches } from "../../../../web/src/chat/conversations/headline.ts";

const plain = (text: string) => ({ text, marked: false });
const marked = (text: string) => ({ text, marked: true });

test("what was found is marked", () => {
  assert.deepEqual(stretches("a <mark>b</mark> c<mark>d</mark>"), [plain("a "), marked("b"), plain(" c"), marked("d")]);
  assert.deepEqual(stretches("<mark>two\nlines</mark>"), [marked("two\nlines")]);
  assert.deepEqual(stretches(""), []);
});

test("HTML in a message is text", () => {
  const escaped = "&lt;img src=x onerror=&quot;alert(1)&quot;&gt; &amp;lt; <mark>it&#x27;s</mark>";
  assert.deepEqual(stretches(escaped), [plain('<img src=x onerror="alert(1)"> &lt; '), marked("it's")]);
});
