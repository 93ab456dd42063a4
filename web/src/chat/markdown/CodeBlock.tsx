import { useEffect, useRef, type ReactNode } from "react";
import { CopyButton } from "./CopyButton.tsx";
import { NOT_HIGHLIGHTED, rehighlighted } from "./highlighted.ts";
import type { Scope } from "./highlighting.ts";
import { labelOf, languageOf } from "./languages.ts";
import { useHighlighter } from "./useHighlighter.ts";

interface CodeBlockProps {
  code: string;
  /** What stands in the line that opens it. */
  info: string;
  /** Whether more lines may come. */
  open: boolean;
}

export function CodeBlock({ code, info, open }: CodeBlockProps) {
  const label = labelOf(info);
  return (
    <figure className="code">
      <figcaption>
        <span>{label || "text"}</span>
        <CopyButton text={code} />
      </figcaption>
      <pre role="group" aria-label={label ? `${label} code` : "Code"} tabIndex={0}>
        <code>{useHighlighted(code, languageOf(info), open)}</code>
      </pre>
    </figure>
  );
}

function useHighlighted(code: string, language: string | undefined, open: boolean): ReactNode {
  const highlight = useHighlighter(language !== undefined);
  const last = useRef(NOT_HIGHLIGHTED);
  const next = highlight && language ? rehighlighted(last.current, highlight, code, language, open) : NOT_HIGHLIGHTED;
  useEffect(() => {
    last.current = next;
  });
  return [...next.parts.map(part), ...pages(code.slice(next.code.length)).map(page)];
}

function part(given: Scope | string, key: number): ReactNode {
  if (typeof given === "string") return given;
  // `title.function` is a title above all; a name that is a language's says nothing of its colour.
  const [name = ""] = given.name.split(".");
  return (
    <span key={key} className={`code-${name.replace(/[^a-z_-]/g, "")}`}>
      {given.children.map(part)}
    </span>
  );
}

/** A browser lays out a stretch of text as a whole, however little is added at its end: so of long code only the last page is. */
const PAGE_CHARACTERS = 4_000;

/** The code in whole lines, where it is longer than a page; a page that is full stays as it is. */
export function pages(code: string): string[] {
  const cut: string[] = [];
  let from = 0;
  for (;;) {
    const end = code.indexOf("\n", from + PAGE_CHARACTERS) + 1;
    if (end === 0 || end === code.length) return [...cut, code.slice(from)];
    cut.push(code.slice(from, end));
    from = end;
  }
}

function page(code: string, at: number, all: readonly string[]): ReactNode {
  return all.length === 1 ? code : <span key={`page ${at}`} className="code-page">{code}</span>;
}
