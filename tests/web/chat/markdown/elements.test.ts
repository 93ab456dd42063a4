// What is shown of Markdown, and what is not made of it.
import assert from "node:assert/strict";
import { test } from "node:test";
import { pages } from "../../../../web/src/chat/markdown/CodeBlock.tsx";
import { rendered, textOf } from "./rendered.ts";

const LINK = 'target="_blank" rel="noopener noreferrer nofollow ugc"';

for (const [text, html] of [
  ["plain", "<p>plain</p>"],
  ["**bold**, *lean*, ~~gone~~, `code`", "<p><strong>bold</strong>, <em>lean</em>, <s>gone</s>, <code>code</code></p>"],
  ["# One\n\n## Two", '<h3 class="h1">One</h3><h4 class="h2">Two</h4>'],
  ["- a\n- b\n  1. c", '<ul><li>a</li><li>b<ol start="1"><li>c</li></ol></li></ul>'],
  ["3. c\n4. d", '<ol start="3"><li>c</li><li>d</li></ol>'],
  ["- a\n\n- b", "<ul><li><p>a</p></li><li><p>b</p></li></ul>"],
  [
    "- [x] done\n- [ ] **open**\n- [z] not one",
    '<ul><li><span role="img" aria-label="done">☑ </span>done</li><li><span role="img" aria-label="open">☐ </span><strong>open</strong></li><li>[z] not one</li></ul>',
  ],
  ["> said\n\n---", "<blockquote><p>said</p></blockquote><hr/>"],
  ["two  spaces\nand a line", "<p>two  spaces\nand a line</p>"],
  ["[a](https://a.example/?b=1&c)", `<p><a href="https://a.example/?b=1&amp;c" title="https://a.example/?b=1&amp;c" ${LINK}>a</a></p>`],
  ["main.py, README.md and a@b.example", "<p>main.py, README.md and a@b.example</p>"],
  ["![](https://a.example/b.png)", `<p><a href="https://a.example/b.png" title="https://a.example/b.png" ${LINK}>Image: without a name</a></p>`],
] as const) {
  test(`shows ${JSON.stringify(text)}`, () => assert.equal(rendered(text), html));
}

test("a link around an image is one link", () => {
  const html = rendered("[![cat](https://a.example/cat.png)](https://b.example/)");
  assert.equal(html, `<p><a href="https://b.example/" title="https://b.example/" ${LINK}>Image: cat</a></p>`);
});

test("a table scrolls by itself, can be reached by keyboard, and keeps its columns' sides", () => {
  const html = rendered("| a | b | c | d |\n|:--|--:|:-:|---|\n| 1 | **2** |");
  assert.match(html, /^<div class="table" role="region" aria-label="Table" tabindex="0"><table>/);
  assert.match(html, /<th class="align-left">a<\/th><th class="align-right">b<\/th><th class="align-center">c<\/th><th>d<\/th>/);
  assert.match(html, /<td class="align-left">1<\/td><td class="align-right"><strong>2<\/strong><\/td>/);
});

test("a code block has its language, all of its code, and nothing of it is Markdown", () => {
  const html = rendered('```python title="x"\nprint("**a**")\n\n  # <b>\n```');
  assert.match(html, /<figcaption><span>python<\/span><button type="button" aria-label="Copy code">/);
  assert.match(html, /<code>print\(&quot;\*\*a\*\*&quot;\)\n\n {2}# &lt;b&gt;<\/code>/);
});

test("the language of a code block is what the line that opens it begins with", () => {
  for (const [info, label] of [["C++ title=x", "C++"], ["{.python}", "text"], ['html"><script>', "html"], ["", "text"]]) {
    assert.match(rendered(`~~~${info}\na\n~~~`), new RegExp(`<figcaption><span>${label!.replaceAll("+", "\\+")}</span>`));
  }
});

test("long code is in pages of whole lines, which stay as they are while more comes", () => {
  const code = Array.from({ length: 3_000 }, (_, line) => `let line${line} = ${line}\n`).join("");
  for (const length of [10, 4_000, 4_001, 30_000, 60_000, code.length]) {
    const some = pages(code.slice(0, length));
    assert.equal(some.join(""), code.slice(0, length));
    assert.ok(some.slice(0, -1).every((page) => page.endsWith("\n") && page.length < 4_100));
    assert.deepEqual(pages(code).slice(0, some.length - 1), some.slice(0, -1));
  }
  assert.ok(textOf(rendered(`\`\`\`js\n${code}\`\`\``)).endsWith(code.trimEnd()));
});

for (const text of [
  '<script>alert(1)</script>',
  '<img src=x onerror="alert(1)">',
  "a <b onclick=alert(1)>b</b> c",
  "<!-- comment -->",
  "<style>* { display: none }</style>",
  "<a href='javascript:alert(1)'>a</a>",
]) {
  test(`HTML is text: ${text}`, () => {
    const html = rendered(text);
    assert.equal(textOf(html), text);
    assert.deepEqual(html.match(/<[a-z]+/g), ["<p"]);
  });
}

for (const address of [
  "javascript:alert(1)",
  "JaVaScRiPt:alert(1)",
  "java\tscript:alert(1)",
  "&#106;avascript:alert(1)",
  "vbscript:x",
  "data:text/html,<script>alert(1)</script>",
  "file:///etc/passwd",
  "//tracker.example",
  "/graphql",
  "#here",
  "https://bank.example:secret@tracker.example/",
  `https://a.example/${"a".repeat(3_000)}`,
]) {
  test(`no link leads to ${address.slice(0, 50)}`, () => {
    for (const text of [`[a](<${address}>)`, `![a](<${address}>)`, `<${address}>`, `[a]\n\n[a]: <${address}>`]) {
      const html = rendered(text);
      // A bare address before the deceiving part is a link to where it says.
      const leads = [...html.matchAll(/href="([^"]*)"/g)].map(([, href]) => href).filter((href) => href !== "https://bank.example");
      assert.deepEqual(leads, [], text);
      assert.doesNotMatch(html, /<img/);
    }
  });
}

test("attributes cannot be broken out of", () => {
  const html = rendered('[a](https://a.example/"onclick="alert(1) "t\\"onclick=\\"alert(2)")\n\n```"><script>\nx\n```');
  assert.doesNotMatch(html, /<[^>]*\sonclick=/);
  assert.doesNotMatch(html, /<script/);
});
