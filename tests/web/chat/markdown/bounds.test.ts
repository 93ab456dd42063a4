// Texts that are made to be slow or deep: all of them are shown, in a time and to a depth that a browser bears.
import assert from "node:assert/strict";
import { test } from "node:test";
import { elementsOf } from "../../../../web/src/chat/markdown/elements.tsx";
import { highlight } from "../../../../web/src/chat/markdown/highlighting.ts";
import { rehighlighted, NOT_HIGHLIGHTED } from "../../../../web/src/chat/markdown/highlighted.ts";
import { languageOf } from "../../../../web/src/chat/markdown/languages.ts";
import { parse } from "../../../../web/src/chat/markdown/parser.ts";
import { rendered, textOf } from "./rendered.ts";

const MOST_CPU_MS = 3_000;
const MEGABYTE = 1_000_000;
const fill = (piece: string, characters: number) => piece.repeat(Math.ceil(characters / piece.length)).slice(0, characters);

function cpuMs(work: () => unknown): number {
  const before = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1_000;
}

function depth(html: string): number {
  let open = 0;
  let deepest = 0;
  for (const [, close, , selfClosing] of html.matchAll(/<(\/?)([a-z0-9]+)[^>]*?(\/?)>/g)) {
    if (close) open--;
    else if (!selfClosing) open++;
    deepest = Math.max(deepest, open);
  }
  return deepest;
}

const PIECES = [
  ">", "> ", "[", "[a](", "![[", "`", "a `b ``c ```", "*", "**a *b ", "a** ", "*a **a ", "~~a", "- ", "1) ", "- a\n", "> a\n",
  "\\", "<a ", "<http:", "http://a.b ", "&a", "[a]: http://x\n\n", "[a][a", "|a|\n|-|\n", "|a", "a\n=\n", "a\n\n", "```\n", "\t", "    a\n",
];

for (const piece of PIECES) {
  test(`${JSON.stringify(piece)} a hundred thousand times over`, () => {
    for (const characters of [19_000, 200_000, MEGABYTE]) {
      const text = fill(piece, characters);
      const spent = cpuMs(() => elementsOf(parse(text, {}), false));
      assert.ok(spent < MOST_CPU_MS, `${characters} characters took ${spent} ms`);
    }
  });
}

test("what is nested deeper than anybody reads is plain text, and all there", () => {
  for (const text of [`${"> ".repeat(5_000)}end`, `${"- ".repeat(5_000)}end`, `${"*a **a ".repeat(1_200)}end${"** a* ".repeat(1_200)}`]) {
    const html = rendered(text);
    assert.ok(depth(html) < 150, `${depth(html)} levels`);
    assert.match(textOf(html), /end/);
  }
});

test("the lines after a nested quotation are still there", () => {
  const html = textOf(rendered(`${"> ".repeat(500)}deep\n${"> ".repeat(500)}deeper\n\nafter **it**`));
  assert.match(html, /deep\s.*deeper/s);
  assert.match(html, /after it$/);
});

test("a text of which a page would be made of a hundred thousand elements goes on as plain text", () => {
  const html = rendered("- a\n\nb\n\n".repeat(20_000));
  const elements = html.match(/<[a-z]/g)!.length;
  assert.ok(elements < 30_000, `${elements} elements`);
  assert.equal(textOf(html).match(/b/g)!.length, 20_000);
});

test("a long text is shown whole, as it stands", () => {
  const text = fill("**a** <b> ", MEGABYTE);
  assert.equal(textOf(rendered(text)), text);
});

test("an address that is used a thousand times is not made a thousand times longer", () => {
  const html = rendered(`[a]: https://a.example/${"a".repeat(10_000)}\n\n${"[a] ".repeat(1_000)}`);
  assert.ok(html.length < 50_000);
});

test("highlighted code is the code, in every language and for any text", () => {
  const nasty = ["<<A\n'\"`$(${", "f\"{a}\" /* // <!-- --> */ 0x1e_ @a #b", "<script>let x = `${y}`</script>", "R\"(a)\" 'a' a<b>::c", "({[".repeat(200)];
  for (const name of "bash c cpp csharp css diff go graphql java javascript json kotlin php python ruby rust sql swift typescript xml yaml".split(" ")) {
    assert.equal(languageOf(name), name);
    for (const code of nasty) assert.equal(textIn(highlight(code, name)), code, name);
  }
});

test("what a part of a program is, is known: of functions, their parameters, and what stands in strings", () => {
  const parts = highlight('def greet(name: str):\n    return f"Hello, {name}"\n', "python");
  assert.deepEqual(namesIn(parts), ["keyword", "title.function", "params", "built_in", "keyword", "string", "subst"]);
});

test("code that would take a grammar long is shown without colours", () => {
  for (const code of [fill("a", 20_000), fill("function ", 2_000)]) {
    assert.equal(rehighlighted(NOT_HIGHLIGHTED, highlight, code, "csharp", false), NOT_HIGHLIGHTED);
  }
});

type Part = string | { readonly name: string; readonly children: readonly Part[] };
function namesIn(parts: readonly Part[]): string[] {
  return parts.flatMap((part) => (typeof part === "string" ? [] : [part.name, ...namesIn(part.children)]));
}

function textIn(parts: readonly Part[]): string {
  return parts.map((part) => (typeof part === "string" ? part : textIn(part.children))).join("");
}
