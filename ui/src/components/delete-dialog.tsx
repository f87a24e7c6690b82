import { changed } from '../api/queries.ts';
import { ActDialog } from './act-dialog.tsx';
import { showSuccess } from './toasts.tsx';

type DeleteDialogProps = {
  readonly name: string;
  /** What it is, where its name is not enough to say so. */
  readonly kind?: string;
  /** What else happens when it is deleted, or when that is rejected. */
  readonly description: string;
  /** @throws Problem: the dialog shows it and stays open */
  readonly remove: (reason: string) => Promise<void>;
  readonly onDeleted?: () => void;
  readonly onClose: () => void;
};

/** Asks before something is deleted that has a name, deletes it, and says so. */
export const DeleteDialog = ({ name, kind, description, remove, onDeleted, onClose }: DeleteDialogProps) => (
  <ActDialog
    title={kind === undefined ? `Delete ${name}?` : `Delete ${kind} ${name}?`}
    verb="Delete"
    danger
    onClose={onClose}
    act={async (reason) => {
      await remove(reason);
      changed();
      showSuccess(`Deleted ${name}`);
      onDeleted?.();
    }}
  >
    <p>{description}</p>
  </ActDialog>
);
