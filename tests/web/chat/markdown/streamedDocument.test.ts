// Markdown while it comes: nothing flickers, nothing is parsed again that cannot change, and the end is as if it came at once.
import assert from "node:assert/strict";
import { test } from "node:test";
import { elementsOf } from "../../../../web/src/chat/markdown/elements.tsx";
import { advance, emptyDocument, type StreamedDocument } from "../../../../web/src/chat/markdown/streamedDocument.ts";
import { rendered, textOf } from "./rendered.ts";

/** The document after the text has come in pieces of those sizes, over and over. */
function streamed(text: string, sizes: readonly number[], each?: (document: StreamedDocument) => void): StreamedDocument {
  let document = emptyDocument();
  for (let end = 0, turn = 0; end < text.length; turn++) {
    end += sizes[turn % sizes.length]!;
    document = advance(document, text.slice(0, end), true);
    each?.(document);
  }
  return document;
}

const shapeOf = ({ blocks }: StreamedDocument) => JSON.stringify(blocks.map(({ at, tokens }) => ({ at, html: elementsOf(tokens, false) })));

const BLOCKS = [
  "A paragraph with **bold**, `code` and [a link](https://a.example/).\n\n",
  "Two lines\nof one paragraph\n\n",
  "# A heading\n\n",
  "Under it\n===\n\n",
  "- one\n- two\n  - nested\n\n    with a paragraph\n- three\n\n",
  "1. first\n2. second\n\n",
  "10) ten\n\n\n11) eleven\n\n",
  "> a quotation\nthat goes on lazily\n> and on\n\n",
  "```js\nlet a = 1\n\n- not a list\n```\n",
  "~~~\n```\n~~~\n\n",
  "    indented\n\n    code\n\n",
  "| a | b |\n|---|--:|\n| 1 | 2 |\n| 3 | 4 |\n\n",
  "---\n\n",
  "1. with code:\n   ```sh\n   ls\n   ```\n2. and on\n\n",
  "* another\n* list\n\n",
  "<script>alert(1)</script>\n\n",
  "Windows\r\nlines\r\n\r\n- and\r\n- lists\r\n\r\n",
];

/** Numbers that look random and are the same each time (mulberry32). */
function numbers(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}

test("however a text comes, it ends as if it had come at once", () => {
  for (let seed = 0; seed < 150; seed++) {
    const below = numbers(seed);
    const text = Array.from({ length: 1 + below(10) }, () => BLOCKS[below(BLOCKS.length)]).join("");
    const sizes = Array.from({ length: 5 }, () => 1 + below(seed % 2 ? 4 : 60));
    const end = advance(streamed(text, sizes), text, false);
    assert.equal(shapeOf(end), shapeOf(advance(emptyDocument(), text, false)), JSON.stringify(text));
  }
});

test("what is settled never changes again, and stays the same object", () => {
  for (let seed = 0; seed < 50; seed++) {
    const below = numbers(1_000 + seed);
    const text = Array.from({ length: 8 }, () => BLOCKS[below(BLOCKS.length)]).join("");
    let before: StreamedDocument["settled"] = [];
    const last = streamed(text, [1 + below(7)], ({ settled, blocks }) => {
      assert.ok(before.every((block, index) => settled[index] === block && blocks[index] === block));
      before = settled;
    });
    const end = advance(last, text, false);
    assert.ok(before.length >= 3);
    assert.ok(before.every((block, index) => end.blocks[index] === block));
  }
});

test("a list that may go on is not settled by the number of its next item", () => {
  const shown = rendered("1. a\n\n2. b");
  const end = advance(streamed("1. a\n\n2. b", [1]), "1. a\n\n2. b", false);
  assert.equal(end.blocks.length, 1);
  assert.match(shown, /^<ol start="1">.*<\/ol>$/);
});

test("a definition counts for what was said before it, too, once all is there", () => {
  const text = "see [here]\n\nand on\n\n[here]: https://a.example/\n\nand [here]";
  assert.equal(shapeOf(advance(streamed(text, [3]), text, false)), shapeOf(advance(emptyDocument(), text, false)));
  assert.equal(rendered(text).match(/<a /g)!.length, 2);
});

test("another text than the beginning said begins anew", () => {
  const document = advance(advance(emptyDocument(), "# One\n\ntwo", true), "Three", true);
  assert.equal(shapeOf(document), shapeOf(advance(emptyDocument(), "Three", true)));
});

const STORY = "Text **bold text** and *lean* then:\n- one\n- two\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\n- [x] a task\n- [ ] another\n\nsee [a link](https://a.example/foo) and `code` ok\n\nText\n1. one\n\n```js\nlet a\n```\n";

test("no mark is shown for a moment of which something else becomes", () => {
  for (let end = 1; end <= STORY.length; end++) {
    const html = rendered(STORY.slice(0, end), true);
    assert.doesNotMatch(html, /<h\d|<hr/, "an underline");
    assert.doesNotMatch(textOf(html).replace("Copy", ""), /[*`|]|https?:/, JSON.stringify(STORY.slice(0, end)));
    assert.doesNotMatch(html, /<li><\/li>/, "an empty item");
    assert.doesNotMatch(html, /<li>\[/, "half a box");
  }
});

test("emphasis, code and tables look as they will while they are open", () => {
  assert.equal(rendered("a **b c", true), "<p>a <strong>b c</strong></p>");
  assert.equal(rendered("a **b *c", true), "<p>a <strong>b <em>c</em></strong></p>");
  assert.equal(rendered("a `b *c", true), "<p>a <code>b *c</code></p>");
  assert.match(rendered("| a | b", true), /<th>a<\/th><th>b<\/th>/);
  assert.equal(rendered("5*3 is more", true), "<p>5*3 is more</p>");
});

test("what is held back is there when no more comes", () => {
  for (const marks of ["-", "**", "```", "1.", "|", "> ", "\\", "#"]) {
    assert.match(textOf(rendered(`said ${marks}`)), /^said ./);
    assert.notEqual(rendered(`said\n\n${marks}`), rendered("said"), marks);
  }
});

function cpuMs(work: () => void): number {
  const before = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1_000;
}

const LONG: Record<string, (characters: number) => string> = {
  "paragraphs, lists and code": (characters) => repeated(BLOCKS.join(""), characters),
  "one code block": (characters) => `\`\`\`js\n${repeated("let a = 1 // and so on\n", characters)}`,
  "one table": (characters) => `| a | b |\n|---|---|\n${repeated("| one | two and so on |\n", characters)}`,
  "one paragraph": (characters) => repeated("a line of **one** paragraph\n", characters),
  "one list": (characters) => repeated("- an item with **bold** text\n", characters),
};
const repeated = (piece: string, characters: number) => piece.repeat(Math.ceil(characters / piece.length)).slice(0, characters);

for (const [name, ofLength] of Object.entries(LONG)) {
  test(`work is in proportion to the text: ${name}`, () => {
    const stream = (characters: number) => () => void streamed(ofLength(characters), [50]);
    stream(25_000)();
    // The least of several: what else the machine does only adds.
    const least = (characters: number) => Math.min(...Array.from({ length: 3 }, () => cpuMs(stream(characters))));
    const [short, long] = [least(25_000), least(100_000)];
    // Four times the text, in 2,000 pieces; parsed anew for each of them it would be sixteen times the work.
    assert.ok(long < 9 * short + 20, `${short} ms for 25 KB, ${long} ms for 100 KB`);
  });
}
