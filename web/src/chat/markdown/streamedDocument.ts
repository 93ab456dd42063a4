import { fence, parse, parseBlocks, plain, unclosedMarks, type References, type Token } from "./parser.ts";
import { withHalvesCompleted, withoutUndecided } from "./unclosed.ts";

/**
 * Markdown while it comes: blocks that no further text can change are parsed once, and only the last one again and again.
 *
 * A block is settled as soon as another one begins on a whole line after it: CommonMark never opens a block again. The
 * start of a line alone does not do: of `1. a`, an empty line and `2`, the last is a paragraph until its dot is there.
 */
export interface StreamedDocument {
  /** All that is to be shown, in order. */
  readonly blocks: readonly Block[];
  readonly settled: readonly Block[];
  /** How much of the text is settled. */
  readonly settledCharacters: number;
  readonly text: string;
  /** How much of it has been parsed; with a long last block it lags behind. */
  readonly parsedCharacters: number;
  /** Whether a list has been settled in parts, each of which is a list. */
  readonly divided: boolean;
  /** Of the settled blocks. Grows in place; the first definition of a label wins, so nothing in it ever changes. */
  readonly references: References;
  readonly openFence: OpenFence | undefined;
}

/** A block at the top of the document. Unchanged blocks stay the same object. */
export interface Block {
  /** Where it begins in the text, which also tells it from the others. */
  readonly at: number;
  readonly tokens: readonly Token[];
  /** Whether its text may go on. */
  readonly open: boolean;
}

/** A code block at the end whose lines are only looked at for its end. */
interface OpenFence {
  readonly language: string;
  /** Finds the line that closes it. */
  readonly closing: RegExp;
  /** Where its lines begin, and where the first begins that may be its end. */
  readonly linesAt: number;
  readonly scannedTo: number;
}

/** A longer block is parsed anew only after it has grown by this share: so the work stays in proportion to the text. */
const LONG_BLOCK_CHARACTERS = 8_192;
const GROWTH = 1 / 4;
const LONG_LIST_CHARACTERS = 2_048;
const FENCE_OPENING = /^(`{3,}|~{3,})([^\n`]*)\n/;
const CLOSING_BEGUN = /^ {0,3}[`~]+[ \t]*$/;
const LONGEST_CLOSING_CHARACTERS = 100;
const PARAGRAPH_END = /\n[ \t\r]*\n\s*$/;
const TRAILING_BLANK = /[ \t\r\n]+$/;

/** No text yet. */
export function emptyDocument(): StreamedDocument {
  return {
    blocks: [],
    settled: [],
    settledCharacters: 0,
    text: "",
    parsedCharacters: 0,
    divided: false,
    references: {},
    openFence: undefined,
  };
}

/** The document after its text has become this one; best by something added at its end, but any other will do. */
export function advance(previous: StreamedDocument, text: string, streaming: boolean): StreamedDocument {
  // Not `startsWith`, which looks at one character after the other.
  const from = text.slice(0, previous.text.length) === previous.text ? previous : emptyDocument();
  if (!streaming) return finish(from, text);
  if (text === "" || text.length === from.text.length) return from;
  const document = closeFence(from, text);
  if (document.openFence) return insideFence(document, document.openFence, text);
  return isWorthParsing(document, text) ? reparse(document, text) : append(document, text);
}

/** What all of it is. The blocks settled so far stay, unless what came after them may have changed them. */
function finish(streamed: StreamedDocument, text: string): StreamedDocument {
  const references: References = {};
  const rest = text.slice(streamed.settledCharacters);
  const tokens = streamed.divided ? [] : parse(rest, references);
  const asStreamed = !streamed.divided && isEmpty(references) && isEmpty(streamed.references);
  const blocks = asStreamed
    ? [...streamed.settled, ...divide(rest, tokens, streamed.settledCharacters, false)]
    : divide(text, parse(text, {}), 0, false);
  return { ...emptyDocument(), blocks, text };
}

/** Settles the code block that is open, if its end has come. */
function closeFence(previous: StreamedDocument, text: string): StreamedDocument {
  const open = previous.openFence;
  const linesTo = text.lastIndexOf("\n") + 1;
  if (!open || linesTo <= open.scannedTo) return previous;
  open.closing.lastIndex = open.scannedTo;
  const end = open.closing.exec(text);
  if (!end || end.index >= linesTo) return { ...previous, openFence: { ...open, scannedTo: linesTo } };
  const code = fence(open.language, text.slice(open.linesAt, end.index));
  const settledCharacters = text.indexOf("\n", end.index) + 1;
  return {
    ...previous,
    settled: [...previous.settled, { at: previous.settledCharacters, tokens: [code], open: false }],
    settledCharacters,
    parsedCharacters: settledCharacters,
    openFence: undefined,
  };
}

function insideFence(previous: StreamedDocument, open: OpenFence, text: string): StreamedDocument {
  const lastLineAt = text.lastIndexOf("\n") + 1;
  const mayClose = CLOSING_BEGUN.test(text.slice(lastLineAt, lastLineAt + LONGEST_CLOSING_CHARACTERS));
  const code = fence(open.language, text.slice(open.linesAt, mayClose ? lastLineAt : text.length));
  const block: Block = { at: previous.settledCharacters, tokens: [code], open: true };
  return { ...previous, text, blocks: [...previous.settled, block], parsedCharacters: text.length };
}

function isWorthParsing(previous: StreamedDocument, text: string): boolean {
  const parsed = previous.parsedCharacters - previous.settledCharacters;
  return parsed < LONG_BLOCK_CHARACTERS || text.length - previous.parsedCharacters > parsed * GROWTH;
}

/** The document as it was, and what has come since as it stands. */
function append(previous: StreamedDocument, text: string): StreamedDocument {
  const since: Block = { at: previous.parsedCharacters, tokens: [plain(text.slice(previous.parsedCharacters))], open: true };
  const parsed = previous.blocks.filter(({ at }) => at < previous.parsedCharacters);
  return { ...previous, text, blocks: [...parsed, since] };
}

function reparse(previous: StreamedDocument, text: string): StreamedDocument {
  const next = settle(previous, text);
  const rest = text.slice(next.settledCharacters);
  const openFence = fenceAt(rest, next.settledCharacters);
  const document = closeFence({ ...next, openFence }, text);
  if (document.openFence) return insideFence(document, document.openFence, text);
  const tail = text.slice(document.settledCharacters);
  const tokens = parseUnfinished(tail, document.references);
  const blocks = [...document.settled, ...divide(tail, tokens, document.settledCharacters, true)];
  return { ...document, text, parsedCharacters: text.length, blocks };
}

function parseUnfinished(text: string, references: References): Token[] {
  const shown = withHalvesCompleted(withoutUndecided(text)).replace(TRAILING_BLANK, "");
  const isOver = PARAGRAPH_END.test(text);
  const marks = isOver ? "" : unclosedMarks(shown, Object.create(references) as References);
  return parse(shown + marks, Object.create(references) as References);
}

/** Parses for good what the whole lines of the text have settled. */
function settle(previous: StreamedDocument, text: string): StreamedDocument {
  const from = previous.settledCharacters;
  const lines = text.slice(from, text.lastIndexOf("\n") + 1);
  const { at, divides } = lastBlock(lines);
  if (at === 0) return previous;
  // What it defines counts for all that comes after it.
  const references = previous.references;
  const settled = lines.slice(0, at);
  return {
    ...previous,
    settled: [...previous.settled, ...divide(settled, parse(settled, references), from, false)],
    settledCharacters: from + at,
    divided: previous.divided || divides,
  };
}

/** Where the last block of some whole lines begins; of a long list, its last item. */
function lastBlock(lines: string): { at: number; divides: boolean } {
  const tokens = parseBlocks(lines, {});
  const starts = lineStarts(lines);
  let at = 0;
  let isList = false;
  let item = 0;
  for (const { map, level, nesting, type } of tokens) {
    if (!map || nesting === -1) continue;
    const start = starts[map[0]] ?? 0;
    if (level === 0) [at, isList] = [start, type.endsWith("_list_open")];
    if (level === 1 && type === "list_item_open") item = start;
  }
  const divides = isList && item > at && lines.length - at > LONG_LIST_CHARACTERS;
  return divides ? { at: item, divides } : { at, divides };
}

function fenceAt(rest: string, at: number): OpenFence | undefined {
  const opening = FENCE_OPENING.exec(rest);
  if (!opening) return undefined;
  const [line, marks, language] = opening as unknown as [string, string, string];
  const closing = new RegExp(`^ {0,3}${marks[0]}{${marks.length},}[ \\t]*\\r?$`, "gm");
  const linesAt = at + line.length;
  return { language: language.trim(), closing, linesAt, scannedTo: linesAt };
}

/** The tokens of each block at the top. */
function divide(text: string, tokens: readonly Token[], from: number, open: boolean): Block[] {
  const starts = lineStarts(text);
  const blocks: Block[] = [];
  let first = 0;
  for (let index = 0; index < tokens.length; index++) {
    const { level, nesting, map } = tokens[first]!;
    const ends = index === first ? nesting === 0 : tokens[index]!.level === level && tokens[index]!.nesting === -1;
    if (!ends) continue;
    blocks.push({ at: from + (starts[map?.[0] ?? 0] ?? 0), tokens: tokens.slice(first, index + 1), open });
    first = index + 1;
  }
  return blocks;
}

function lineStarts(text: string): number[] {
  const starts = [0];
  for (const { index, 0: end } of text.matchAll(/\r\n?|\n/g)) starts.push(index + end.length);
  return starts;
}

function isEmpty(references: References): boolean {
  return Object.keys(references).length === 0;
}
