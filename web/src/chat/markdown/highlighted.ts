import type { highlight, Scope } from "./highlighting.ts";

export type Highlight = typeof highlight;

/** The beginning of a code block in parts; what comes after `length` characters is shown without colours as yet. */
export interface Highlighted {
  readonly parts: readonly (Scope | string)[];
  readonly code: string;
  readonly language: string | undefined;
}

export const NOT_HIGHLIGHTED: Highlighted = { parts: [], code: "", language: undefined };

const LONGEST_HIGHLIGHTED_CHARACTERS = 15_000;
/** A longer line is data, and grammars are slowest with what has no end. */
const LONG_LINE = /[^\n]{500}/;
/** From this length on, a block that goes on is highlighted anew only when it has grown by this share. */
const LONG_CODE_CHARACTERS = 2_000;
const GROWTH = 1 / 4;

/** What is to be shown of some code: of an open block only whole lines, since half a string is no string. */
export function rehighlighted(previous: Highlighted, highlight: Highlight, code: string, language: string, open: boolean): Highlighted {
  const lines = open ? code.slice(0, code.lastIndexOf("\n") + 1) : code;
  const goesOn = previous.language === language && code.startsWith(previous.code);
  const grown = lines.length - previous.code.length;
  if (goesOn && grown === 0) return previous;
  const isLong = previous.code.length > LONG_CODE_CHARACTERS;
  if (goesOn && open && isLong && grown < previous.code.length * GROWTH) return previous;
  if (lines.length > LONGEST_HIGHLIGHTED_CHARACTERS || LONG_LINE.test(lines)) return goesOn ? previous : NOT_HIGHLIGHTED;
  return { parts: highlight(lines, language), code: lines, language };
}
