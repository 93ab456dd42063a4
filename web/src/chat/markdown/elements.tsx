import { createElement, type ReactNode } from "react";
import { CodeBlock } from "./CodeBlock.tsx";
import { isLink } from "./link.ts";
import type { Token } from "./parser.ts";

/** Emphasis within emphasis: a browser lays out what is nested by recursion, and a hostile text nests it by thousands. */
const DEEPEST_ELEMENTS = 100;

interface Parent {
  readonly token: Token | undefined;
  readonly children: ReactNode[];
}

/**
 * The elements of some tokens. There is no HTML in between: what a text says of tags and scripts can only become text.
 *
 * @param open whether the text may go on.
 */
export function elementsOf(tokens: readonly Token[], open: boolean): ReactNode[] {
  const root: Parent = { token: undefined, children: [] };
  const parents: Parent[] = [root];
  let links = 0;
  for (const token of tokens.flatMap((token) => (token.type === "inline" ? (token.children ?? []) : [token]))) {
    if (token.type === "link_open") links++;
    if (token.type === "link_close") links--;
    const parent = parents.at(-1)!;
    const key = parent.children.length;
    if (token.nesting === 1) parents.push({ token, children: [] });
    else if (token.nesting === 0) parent.children.push(leaf(token, key, { open, inLink: links > 0 }));
    else if (parents.length > 1) {
      parents.pop();
      const above = parents.at(-1)!;
      if (parents.length > DEEPEST_ELEMENTS) above.children.push(...parent.children);
      else above.children.push(element(parent, above.children.length));
    }
  }
  return root.children;
}

/** Headings begin below those of the page: its title and "Parley said". */
const HEADINGS: Record<string, string> = { h1: "h3", h2: "h4", h3: "h5", h4: "h6", h5: "h6", h6: "h6" };

function element({ token, children }: Parent, key: number): ReactNode {
  switch (token!.type) {
    case "paragraph_open":
      return token!.hidden ? children : <p key={key}>{children}</p>;
    case "heading_open":
      return createElement(HEADINGS[token!.tag]!, { key, className: token!.tag }, ...children);
    case "ordered_list_open":
      return <ol key={key} start={Number(token!.attrGet("start") ?? 1)}>{children}</ol>;
    case "table_open":
      return (
        <div key={key} className="table" role="region" aria-label="Table" tabIndex={0}>
          <table>{children}</table>
        </div>
      );
    case "th_open":
    case "td_open":
      return createElement(token!.tag, { key, className: alignment(token!) }, ...children);
    case "link_open":
      return link(String(token!.attrGet("href")), children, key);
    default:
      return PLAIN_ELEMENTS.has(token!.tag) ? createElement(token!.tag, { key }, ...children) : children;
  }
}

const PLAIN_ELEMENTS = new Set(["ul", "li", "blockquote", "thead", "tbody", "tr", "em", "strong", "s"]);

function leaf(token: Token, key: number, { open, inLink }: { open: boolean; inLink: boolean }): ReactNode {
  switch (token.type) {
    case "hardbreak":
    case "softbreak":
      return "\n";
    case "hr":
      return <hr key={key} />;
    case "code_inline":
      return <code key={key}>{token.content}</code>;
    case "fence":
    case "code_block":
      return <CodeBlock key={key} code={token.content.replace(/\n$/, "")} info={token.info} open={open} />;
    case "task":
      return <span key={key} role="img" aria-label={token.content}>{token.content === "done" ? "☑ " : "☐ "}</span>;
    case "image":
      return image(token, key, inLink);
    case "plain":
      return <span key={key} className="plain">{token.content}</span>;
    default:
      return token.content;
  }
}

/** A link to the image. To load it would tell whoever serves it that this has been read, and anything they put into the address. */
function image(token: Token, key: number, inLink: boolean): ReactNode {
  const label = `Image: ${token.content || "without a name"}`;
  return inLink ? label : link(String(token.attrGet("src")), [label], key);
}

function link(address: string, children: ReactNode[], key: number): ReactNode {
  if (!isLink(address)) return children;
  return (
    <a key={key} href={address} title={address} target="_blank" rel="noopener noreferrer nofollow ugc">
      {children}
    </a>
  );
}

function alignment(token: Token): string | undefined {
  const [, side] = /^text-align:(left|right|center)$/.exec(String(token.attrGet("style"))) ?? [];
  return side && `align-${side}`;
}
