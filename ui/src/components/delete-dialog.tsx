import { changed } from '../api/queries.ts';
import { ActDialog } from './act-dialog.tsx';
import { showSuccess } from './toasts.tsx';

type DeleteDialogProps = {
  readonly name: string;
  /** Kind of resource, if the name is not clear enough. */
  readonly kind?: string;
  /** Further effects of the deletion, or when it is rejected. */
  readonly description: string;
  /** @throws Problem: the dialog shows it and stays open */
  readonly remove: (reason: string) => Promise<void>;
  readonly onDeleted?: () => void;
  readonly onClose: () => void;
};

/** Asks for confirmation, deletes a named resource and reports it. */
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
