import { useEffect, useState } from "react";
import { copyText } from "./clipboard.ts";

const SAID_MS = 2_000;

export function CopyButton({ text }: { text: string }) {
  const [copied, setCopied] = useState(false);
  useEffect(() => {
    if (!copied) return;
    const timer = setTimeout(() => setCopied(false), SAID_MS);
    return () => clearTimeout(timer);
  }, [copied]);
  return (
    <button type="button" aria-label={copied ? "Code copied" : "Copy code"} onClick={() => void copyText(text).then(setCopied)}>
      {copied ? "Copied" : "Copy"}
    </button>
  );
}
