import { Dialog } from "../shell/Dialog.tsx";

interface DeleteDialogProps {
  title: string;
  onDelete: () => void;
  onClose: () => void;
}

export function DeleteDialog({ title, onDelete, onClose }: DeleteDialogProps) {
  return (
    <Dialog title="Delete this conversation?" onClose={onClose}>
      <p>
        “{title}” and all its messages will be gone for good. To put it out of sight, archive it.
      </p>
      <div className="dialog-actions">
        <button type="button" className="button" autoFocus onClick={onClose}>
          Cancel
        </button>
        <button type="button" className="button danger" onClick={onDelete}>
          Delete for good
        </button>
      </div>
    </Dialog>
  );
}
