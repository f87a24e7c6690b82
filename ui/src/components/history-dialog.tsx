import { useState } from 'preact/hooks';
import type { HistoryEntry } from '../../../packages/client/src/schema.ts';
import { changed, type ListOptions, useList } from '../api/queries.ts';
import { ActDialog } from './act-dialog.tsx';
import { Dialog } from './dialog.tsx';
import { Failed, Loading } from './states.tsx';
import { showSuccess } from './toasts.tsx';
import { Versions } from './versions.tsx';

type HistoryDialogProps = {
  readonly name: string;
  readonly queryKey: readonly unknown[];
  readonly load: ListOptions<HistoryEntry>['load'];
  /** If present, the user can revert to a version. */
  readonly revert?: ((version: number, reason: string) => Promise<void>) | undefined;
  readonly onClose: () => void;
};

/** Versions of a named resource, with a way to revert. */
export const HistoryDialog = ({ name, queryKey, load, revert, onClose }: HistoryDialogProps) => {
  const list = useList({ key: [...queryKey, 'history'], load, limit: 20 });
  const [reverted, setReverted] = useState<HistoryEntry>();
  if (reverted !== undefined && revert !== undefined) {
    return (
      <ActDialog
        title={`Revert ${name} to version ${reverted.version}?`}
        verb="Revert"
        onClose={onClose}
        act={async (reason) => {
          await revert(reverted.version, reason);
          changed();
          showSuccess(`Reverted ${name} to version ${reverted.version}`);
        }}
      >
        <p>Creates a new version with the content of that version. The history is kept.</p>
      </ActDialog>
    );
  }
  return (
    <Dialog title={`History of ${name}`} wide onClose={onClose}>
      {list.error !== null ? <Failed error={list.error} again={list.again} /> : list.isPending ? <Loading /> : null}
      <Versions entries={list.items} {...(revert === undefined ? {} : { onRevert: setReverted })} />
      {list.hasMore ? (
        <button type="button" class="link" onClick={list.more}>
          Show older
        </button>
      ) : null}
    </Dialog>
  );
};
