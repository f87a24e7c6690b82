import { api, because, done } from '../api/client.ts';
import { changed } from '../api/queries.ts';
import { ActDialog } from './act-dialog.tsx';
import { sayDone } from './toasts.tsx';

type LiftDialogProps = {
  readonly id: number;
  /** What is paused. */
  readonly of: string;
  readonly onClose: () => void;
};

/** Lifts a pause. */
export const LiftDialog = ({ id, of, onClose }: LiftDialogProps) => (
  <ActDialog
    title={`Lift the pause of ${of}`}
    verb="Lift"
    onClose={onClose}
    act={async (reason) => {
      await done(api.DELETE('/pauses/{id}', { params: { path: { id }, header: because(reason) } }));
      changed();
      sayDone('The pause is lifted');
    }}
  >
    <p>Its jobs are called again from their next slots on. Slots that were skipped are not made up for.</p>
  </ActDialog>
);
