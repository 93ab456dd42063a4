import type { StateInline } from "markdown-it";

/** Emphasis that is open for longer than that is more likely an asterisk. */
const LONGEST_OPEN_CHARACTERS = 300;
const LONGEST_HELD_BACK_CHARACTERS = 100;

const TILDE = 0x7e;
/** A line that is still nothing but the marks of a block: which one, the next characters say. */
const MARKS_ONLY = /^[ \t]*(?:[-=*+_#>`~|: \t]+|\d{1,9}[.)]?[ \t]*|[-*+] \[[ xX]?\]?[ \t]?)$/;
const FENCE_LINE = /^[ \t]*(?:[-*+][ \t]+|\d{1,9}[.)][ \t]+)?(?:`{3}|~{3})/;
const TRAILING_MARKS = /[*_~`\\]+$/;
const HALF_A_LINK = /!?\[([^[\]\n]{0,300})\]\([^()\s]*$/;
const LONGEST_HALF_CHARACTERS = 600;
/** The first line of a table, alone as yet. */
const TABLE_HEADINGS = /^\|(.*)\n?$/;

/**
 * The text that has come so far without the marks at its end of which nobody can say yet what they mean.
 *
 * `- ` under a paragraph is a heading's underline until the item's text is there; shown at once, it would be one for a
 * moment.
 */
export function withoutUndecided(text: string): string {
  const lineStart = text.lastIndexOf("\n") + 1;
  const line = text.slice(lineStart);
  const marksOnly = line.length <= LONGEST_HELD_BACK_CHARACTERS && MARKS_ONLY.test(line);
  if (marksOnly || (line.length <= LONGEST_HELD_BACK_CHARACTERS && FENCE_LINE.test(line))) return text.slice(0, lineStart);
  const marks = TRAILING_MARKS.exec(line.slice(-LONGEST_HELD_BACK_CHARACTERS))?.[0] ?? "";
  return text.slice(0, text.length - marks.length);
}

/** The text with what has begun at its end made to look as it will: half a link as its label, headings as a table's. */
export function withHalvesCompleted(text: string): string {
  const paragraph = text.slice(text.lastIndexOf("\n\n") + 1).trimStart();
  const headings = TABLE_HEADINGS.exec(paragraph);
  if (headings) {
    const cells = headings[1]!.replace(/\|[ \t]*$/, "").split(/(?<!\\)\|/).length;
    return `${text.replace(/\n$/, "")}\n|${"---|".repeat(cells)}`;
  }
  const from = Math.max(0, text.length - LONGEST_HALF_CHARACTERS);
  return text.slice(0, from) + text.slice(from).replace(HALF_A_LINK, "$1");
}

/** An inline rule after delimiters are matched: notes in `env.unclosed` what would close those of the last text. */
export function noteUnclosed(state: StateInline): void {
  if (typeof state.env.unclosed !== "string") return;
  const open = new Map<number, string>();
  for (const { marker, token, end, open: opens, close: closes } of state.delimiters) {
    // What could close as well stands within a word, as in 5*3.
    if (opens && !closes && end < 0) open.set(token, marker === TILDE ? "~~" : String.fromCharCode(marker));
  }
  // Seen from the end: a code span that is open makes all that follows it code.
  let marks = "";
  let length = 0;
  for (let index = state.tokens.length - 1; index >= 0 && length <= LONGEST_OPEN_CHARACTERS; index--) {
    const { type, content } = state.tokens[index]!;
    const backticks = type === "text" ? /`+/.exec(content)?.[0] : undefined;
    marks = backticks ?? marks + (open.get(index) ?? "");
    length += content.length;
  }
  state.env.unclosed = marks;
}
