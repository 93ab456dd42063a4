import { useEffect, useState } from "react";
import { copyText } from "../markdown/clipboard.ts";
import { useSession } from "../session/SessionContext.ts";
import { IconButton } from "../shell/IconButton.tsx";

const SHOWN_MS = 1_500;

export function CopyButton({ text }: { text: string }) {
  const { announcement } = useSession();
  const [copied, setCopied] = useState(false);
  useEffect(() => {
    if (!copied) return;
    const timer = setTimeout(() => setCopied(false), SHOWN_MS);
    return () => clearTimeout(timer);
  }, [copied]);
  const copy = async () => {
    if (!(await copyText(text))) return;
    setCopied(true);
    announcement.dispatch("Copied");
  };
  return <IconButton icon={copied ? "check" : "copy"} label="Copy" onClick={() => void copy()} />;
}
