/** A stretch of a headline, marked where it is what was searched for. */
export interface Stretch {
  text: string;
  marked: boolean;
}

const MARK = /<mark>(.*?)<\/mark>/gs;
const ENTITIES: Record<string, string> = { "&lt;": "<", "&gt;": ">", "&amp;": "&", "&quot;": '"', "&#x27;": "'", "&#39;": "'" };
const ENTITY = /&(?:lt|gt|amp|quot|#x27|#39);/g;

/** The server's headline, which is HTML with matches in `<mark>` and nothing else, as text: no HTML is made of it. */
export function stretches(headline: string): Stretch[] {
  const found: Stretch[] = [];
  let end = 0;
  const add = (text: string, marked: boolean) => {
    if (text !== "") found.push({ text: text.replace(ENTITY, (entity) => ENTITIES[entity] ?? entity), marked });
  };
  for (const match of headline.matchAll(MARK)) {
    add(headline.slice(end, match.index), false);
    add(match[1] ?? "", true);
    end = match.index + match[0].length;
  }
  add(headline.slice(end), false);
  return found;
}
