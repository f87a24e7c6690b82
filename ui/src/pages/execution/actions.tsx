import { useState } from 'preact/hooks';
import { useLocation } from 'wouter-preact';
import type { Execution } from '../../../../packages/client/src/schema.ts';
import { api, dataOf, reasonHeader } from '../../api/client.ts';
import { changed } from '../../api/queries.ts';
import { session } from '../../api/session.ts';
import { ActDialog } from '../../components/act-dialog.tsx';
import { Icon } from '../../components/icon.tsx';
import { type Key, useKeys } from '../../components/keys.ts';
import { showSuccess } from '../../components/toasts.tsx';

type Dialog = 'cancel' | 'rerun';

/** Cancel and rerun, if the execution and the user's permissions allow them. */
export const Actions = ({ execution }: { readonly execution: Execution }) => {
  const [dialog, setDialog] = useState<Dialog>();
  const isOpen = execution.status === 'pending' || execution.status === 'running';
  const mayCancel = isOpen && session.may('scheduler:executions:cancel');
  const mayRerun = !isOpen && session.may('scheduler:jobs:trigger');
  const keys: readonly Key[] = [
    ...(mayCancel ? [{ key: 'c', description: 'Cancel', run: () => setDialog('cancel') }] : []),
    ...(mayRerun ? [{ key: 'r', description: 'Run again', run: () => setDialog('rerun') }] : []),
  ];
  useKeys('Execution', keys);
  return (
    <>
      {mayCancel ? (
        <button type="button" class="button" onClick={() => setDialog('cancel')}>
          <Icon name="clear" />
          Cancel…
        </button>
      ) : null}
      {mayRerun ? (
        <button type="button" class="button primary" onClick={() => setDialog('rerun')}>
          <Icon name="undo" />
          Run again…
        </button>
      ) : null}
      {dialog === 'cancel' ? <CancelDialog execution={execution} onClose={() => setDialog(undefined)} /> : null}
      {dialog === 'rerun' ? <RerunDialog execution={execution} onClose={() => setDialog(undefined)} /> : null}
    </>
  );
};

type DialogProps = { readonly execution: Execution; readonly onClose: () => void };

const CancelDialog = ({ execution: { id, status }, onClose }: DialogProps) => (
  <ActDialog
    title={`Cancel execution ${id}?`}
    verb="Cancel execution"
    danger
    onClose={onClose}
    act={async (reason) => {
      await dataOf(api.POST('/executions/{id}/cancel', { params: { path: { id }, header: reasonHeader(reason) } }));
      changed();
      showSuccess(`Cancelled execution ${id}`);
    }}
  >
    <p>
      {status === 'running'
        ? 'The call will be aborted. The target may already have processed it, or may continue.'
        : "It hasn't started and won't run."}
    </p>
  </ActDialog>
);

const RerunDialog = ({ execution: { id }, onClose }: DialogProps) => {
  const [, navigate] = useLocation();
  const [definition, setDefinition] = useState<'newest' | 'original'>('newest');
  const [isForced, setForced] = useState(false);
  return (
    <ActDialog
      title={`Run execution ${id} again?`}
      verb="Run again"
      onClose={onClose}
      act={async (reason) => {
        const params = { path: { id }, query: { definition }, header: reasonHeader(reason) };
        const begun = await dataOf(
          api.POST('/executions/{id}/rerun', { params, body: isForced ? { force: true } : {} }),
        );
        changed();
        showSuccess(`Started execution ${begun.id}`);
        navigate(`/executions/${begun.id}`);
      }}
    >
      <p>Runs again now, for the same slot, as a new execution.</p>
      <label class="field">
        <span>Job version</span>
        <select
          value={definition}
          onChange={({ currentTarget: { value } }) => setDefinition(value === 'original' ? 'original' : 'newest')}
        >
          <option value="newest">Current</option>
          <option value="original">At that time</option>
        </select>
      </label>
      <label class="check">
        <input type="checkbox" checked={isForced} onChange={({ currentTarget: { checked } }) => setForced(checked)} />
        Run even while the job is paused
      </label>
    </ActDialog>
  );
};
