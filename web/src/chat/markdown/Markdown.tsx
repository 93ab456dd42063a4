import "./markdown.css";
import { memo, useEffect, useRef } from "react";
import { elementsOf } from "./elements.tsx";
import { advance, emptyDocument, type Block } from "./streamedDocument.ts";

interface MarkdownProps {
  text: string;
  /** Whether more text may come: then only what is new is parsed and rendered. */
  streaming: boolean;
}

/** A text that a model, or whoever told it what to say, wrote: shown as Markdown, and able to do nothing else. */
export const Markdown = memo(function Markdown({ text, streaming }: MarkdownProps) {
  const last = useRef(emptyDocument());
  const document = advance(last.current, text, streaming);
  useEffect(() => {
    last.current = document;
  });
  return (
    <div className="markdown">
      {document.blocks.map((block) => (
        <BlockElements key={block.at} block={block} />
      ))}
    </div>
  );
});

/** A block that has not changed is the same object, and is not rendered again. */
const BlockElements = memo(function BlockElements({ block }: { block: Block }) {
  return elementsOf(block.tokens, block.open);
});
