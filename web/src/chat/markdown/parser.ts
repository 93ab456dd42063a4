import MarkdownIt, { type Env, type StateBlock, type StateCore, type Token } from "markdown-it";
import { isLink } from "./link.ts";
import { noteUnclosed } from "./unclosed.ts";

export type { Token };

/** What link reference definitions (`[label]: address`) have said so far, by label. */
export type References = NonNullable<Env["references"]>;

// What a model says may be as hostile as what strangers made it say: everything that grows faster than the text is bounded.
// Beyond a bound the text is still there, as plain text.
const LONGEST_TEXT_CHARACTERS = 262_144;
/** Of one paragraph or cell: beyond it, it is no prose. */
const LONGEST_INLINE_CHARACTERS = 20_000;
/** Lists count twice, once for the item. */
const DEEPEST_BLOCKS = 40;
/** Of links within links; of emphasis `elements.tsx` has its own. */
const DEEPEST_INLINE = 100;
const MOST_BLOCK_TOKENS = 30_000;
const MOST_INLINE_TOKENS = 30_000;

const parser = new MarkdownIt({ html: false, linkify: true, maxNesting: DEEPEST_INLINE });
parser.validateLink = isLink;
// `main.py` and `README.md` are files, not hosts in Paraguay and Moldova.
parser.linkify.set({ fuzzyLink: false, fuzzyEmail: false });
parser.block.ruler.before("table", "too_deep", tooDeep, { alt: [] });
parser.core.ruler.after("block", "too_many", tooMany);
parser.core.ruler.at("inline", inlineWithinBounds);
parser.core.ruler.after("inline", "tasks", tasks);
parser.inline.ruler2.after("balance_pairs", "unclosed", noteUnclosed);

/** The tokens of a text. `references` are used, and get what the text defines. */
export function parse(text: string, references: References): Token[] {
  if (text.length > LONGEST_TEXT_CHARACTERS) return [plain(text)];
  return parser.parse(text, { references });
}

/** The tokens of its blocks alone, without what is in them: a tenth of the work. */
export function parseBlocks(text: string, references: References): Token[] {
  const state = new parser.core.State(text.replace(/\r\n?/g, "\n"), parser, { references });
  parser.block.parse(state.src, parser, state.env, state.tokens);
  return state.tokens;
}

/** The marks that would close the emphasis and the code that are open at the end of a text; none where it ends in a code block. */
export function unclosedMarks(text: string, references: References): string {
  const env: Env = { references, unclosed: "" };
  const tokens = parser.parse(text, env);
  return tokens.findLast(({ nesting }) => nesting !== -1)?.type === "inline" ? (env.unclosed as string) : "";
}

/** A code block of these lines, as the parser would give it. */
export function fence(language: string, content: string): Token {
  const token = new MarkdownIt.Token("fence", "code", 0);
  token.info = language;
  token.content = content;
  return token;
}

/** Text that is shown as it stands. */
export function plain(content: string): Token {
  const token = new MarkdownIt.Token("plain", "", 0);
  token.content = content;
  return token;
}

/** A block rule, before all others: what is nested deeper than anybody reads is plain text. */
function tooDeep(state: StateBlock, startLine: number, endLine: number, silent: boolean): boolean {
  if (silent || state.level < DEEPEST_BLOCKS) return false;
  let end = startLine + 1;
  while (end < endLine && (state.isEmpty(end) || state.sCount[end]! >= state.blkIndent)) end++;
  const token = state.push("plain", "", 0);
  token.content = state.getLines(startLine, end, state.blkIndent, false);
  token.map = [startLine, end];
  state.line = end;
  return true;
}

/** A core rule: from the block on that is one too many, the text is plain. */
function tooMany(state: StateCore): void {
  const { tokens } = state;
  if (tokens.length <= MOST_BLOCK_TOKENS) return;
  let first = MOST_BLOCK_TOKENS;
  while (first > 0 && (tokens[first]!.level > 0 || tokens[first]!.nesting === -1 || !tokens[first]!.map)) first--;
  const line = tokens[first]!.map![0];
  const rest = plain(state.src.split("\n").slice(line).join("\n"));
  rest.map = [line, line];
  tokens.splice(first, tokens.length, rest);
}

function inlineWithinBounds(state: StateCore): void {
  let count = 0;
  for (const token of state.tokens) {
    if (token.type !== "inline") continue;
    if (token.content.length > LONGEST_INLINE_CHARACTERS || count > MOST_INLINE_TOKENS) {
      token.children = [plain(token.content)];
      // What looks for bare addresses next reads this, not the children.
      token.content = "";
      continue;
    }
    parser.inline.parse(token.content, parser, state.env, token.children!);
    count += token.children!.length;
  }
}

const BOX = /^\[([ xX])\] /;

/** A core rule: GitHub's task lists, `- [x] done`. The box becomes a token of its own. */
function tasks({ tokens, Token }: StateCore): void {
  for (let index = 2; index < tokens.length; index++) {
    const first = tokens[index]!.children?.[0];
    if (tokens[index - 2]!.type !== "list_item_open" || first?.type !== "text") continue;
    const [marks, state] = BOX.exec(first.content) ?? [];
    if (marks === undefined) continue;
    const box = new Token("task", "", 0);
    box.content = state === " " ? "open" : "done";
    first.content = first.content.slice(marks.length);
    tokens[index]!.children!.unshift(box);
  }
}
