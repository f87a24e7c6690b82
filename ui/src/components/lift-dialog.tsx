import type { Pause } from '../../../src/client/schema.ts';
import { api, because, done } from '../api/client.ts';
import { changed } from '../api/queries.ts';
import { ActDialog } from './act-dialog.tsx';
import { showSuccess } from './toasts.tsx';

type LiftDialogProps = {
  readonly pause: Pick<Pause, 'id' | 'catchUp'>;
  /** What is paused. */
  readonly of: string;
  readonly onClose: () => void;
};

/** What becomes of the slots that come due in a pause. */
export const CATCH_UPS = {
  skip: 'Skipped',
  last: 'The last one is called afterwards',
  all: 'Each is called afterwards',
} as const;

/** Lifts a pause. */
export const LiftDialog = ({ pause: { id, catchUp = 'skip' }, of, onClose }: LiftDialogProps) => (
  <ActDialog
    title={`Lift the pause of ${of}`}
    verb="Lift"
    onClose={onClose}
    act={async (reason) => {
      await done(api.DELETE('/pauses/{id}', { params: { path: { id }, header: because(reason) } }));
      changed();
      showSuccess('The pause is lifted');
    }}
  >
    <p>
      Its jobs are called again from their next slots on.{' '}
      {catchUp === 'skip'
        ? 'Slots that were skipped are not made up for.'
        : `Of the slots that came due in it: ${CATCH_UPS[catchUp].toLowerCase()}.`}
    </p>
  </ActDialog>
);
