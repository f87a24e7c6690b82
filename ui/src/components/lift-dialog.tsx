import type { Pause } from '../../../packages/client/src/schema.ts';
import { api, done, reasonHeader } from '../api/client.ts';
import { changed } from '../api/queries.ts';
import { ActDialog } from './act-dialog.tsx';
import { showSuccess } from './toasts.tsx';

type LiftDialogProps = {
  readonly pause: Pick<Pause, 'id' | 'catchUp'>;
  /** The paused resource. */
  readonly of: string;
  readonly onClose: () => void;
};

/** What happens to slots that are due during a pause. */
export const CATCH_UPS = {
  skip: 'Skipped',
  last: 'The last one runs afterwards',
  all: 'All run afterwards',
} as const;

export const LiftDialog = ({ pause: { id, catchUp = 'skip' }, of, onClose }: LiftDialogProps) => (
  <ActDialog
    title={`End pause for ${of}?`}
    verb="End pause"
    onClose={onClose}
    act={async (reason) => {
      await done(api.DELETE('/pauses/{id}', { params: { path: { id }, header: reasonHeader(reason) } }));
      changed();
      showSuccess('Pause ended');
    }}
  >
    <p>
      Its jobs run again from their next slots.{' '}
      {catchUp === 'skip' ? "Skipped slots won't run." : `Slots during the pause: ${CATCH_UPS[catchUp].toLowerCase()}.`}
    </p>
  </ActDialog>
);
