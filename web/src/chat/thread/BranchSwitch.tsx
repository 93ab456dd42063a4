import type { Message } from "../graphql/types.ts";
import { IconButton } from "../shell/IconButton.tsx";

interface BranchSwitchProps {
  message: Message;
  onSelect: (id: string) => void;
}

/** Goes through the versions of a message; what hangs below goes with it. */
export function BranchSwitch({ message: { id, siblings }, onSelect }: BranchSwitchProps) {
  if (siblings.length < 2) return null;
  const at = siblings.findIndex((sibling) => sibling.id === id);
  const go = (to: { id: string } | undefined) => ({
    // Not `disabled`, which would take the focus from whoever has come to the first or the last one.
    "aria-disabled": to === undefined,
    onClick: () => to && onSelect(to.id),
  });
  return (
    <div className="branch-switch" role="group" aria-label="Versions">
      <IconButton icon="chevronLeft" label="Previous version" {...go(siblings[at - 1])} />
      <span>
        {at + 1} / {siblings.length}
      </span>
      <IconButton icon="chevronRight" label="Next version" {...go(siblings[at + 1])} />
    </div>
  );
}
