// The component as the page uses it, rendered to HTML.
import { createRequire } from "node:module";
import { Markdown } from "../../../../web/src/chat/markdown/Markdown.tsx";

// React is a package of the pages', not of these tests.
const ofThePages = createRequire(new URL("../../../../web/package.json", import.meta.url));
const { createElement } = ofThePages("react") as typeof import("react");
const { renderToStaticMarkup } = ofThePages("react-dom/server") as typeof import("react-dom/server");

export function rendered(text: string, streaming = false): string {
  const html = renderToStaticMarkup(createElement(Markdown, { text, streaming }));
  return html.replace(/^<div class="markdown">/, "").replace(/<\/div>$/, "");
}

/** The text of some HTML that this renderer has made. */
export function textOf(html: string): string {
  const entities: Record<string, string> = { "&lt;": "<", "&gt;": ">", "&amp;": "&", "&quot;": '"', "&#x27;": "'" };
  return html.replace(/<[^>]*>/g, "").replace(/&(?:lt|gt|amp|quot|#x27);/g, (entity) => entities[entity]!);
}
