import { useState } from 'preact/hooks';
import { useLocation } from 'wouter-preact';
import type { Job } from '../../../packages/client/src/schema.ts';
import { api, dataOf, done, reasonHeader } from '../api/client.ts';
import { changed } from '../api/queries.ts';
import { session } from '../api/session.ts';
import { ActDialog } from './act-dialog.tsx';
import type { MenuItem } from './menu.tsx';
import { showSuccess } from './toasts.tsx';

export type JobAction = 'trigger' | 'enable' | 'disable' | 'delete';
type JobRef = Pick<Job, 'id' | 'name' | 'enabled'>;

export const RUN_NOW = 'Run now';

/** Menu items for a job, and the dialog of the chosen one. */
export const useJobActions = (job: JobRef, { onDeleted }: { readonly onDeleted?: () => void } = {}) => {
  const [action, setAction] = useState<JobAction>();
  const mayWrite = session.may('scheduler:jobs:write');
  const [, navigate] = useLocation();
  const items: readonly MenuItem[] = [
    ...(session.may('scheduler:jobs:trigger')
      ? [{ text: RUN_NOW, icon: 'bolt' as const, run: () => setAction('trigger') }]
      : []),
    ...(mayWrite ? [{ text: 'Edit', icon: 'operations' as const, run: () => navigate(`/jobs/${job.id}/edit`) }] : []),
    ...(mayWrite ? [{ text: 'Clone…', icon: 'copy' as const, run: () => navigate(`/jobs/new?from=${job.id}`) }] : []),
    ...(mayWrite && job.enabled ? [{ text: 'Disable', icon: 'pause' as const, run: () => setAction('disable') }] : []),
    ...(mayWrite && !job.enabled ? [{ text: 'Enable', icon: 'play' as const, run: () => setAction('enable') }] : []),
    ...(mayWrite ? [{ text: 'Delete', icon: 'trash' as const, danger: true, run: () => setAction('delete') }] : []),
  ];
  const dialog =
    action === undefined ? null : (
      <JobDialog job={job} action={action} onClose={() => setAction(undefined)} onDeleted={onDeleted} />
    );
  return { items, dialog, openDialog: setAction };
};

const WORDS = {
  trigger: { verb: 'Run', description: 'Runs the job once, now. Its schedule stays the same.' },
  enable: {
    verb: 'Enable',
    description:
      "The job runs on schedule again from its next slot. Slots that passed while it was disabled won't run.",
  },
  disable: { verb: 'Disable', description: "The job won't run on schedule until you enable it." },
  delete: { verb: 'Delete', description: "This can't be undone. Its executions and history stay available." },
} as const;

type JobDialogProps = {
  readonly job: JobRef;
  readonly action: JobAction;
  readonly onClose: () => void;
  readonly onDeleted?: (() => void) | undefined;
};

/** Asks before an action on a job. */
export const JobDialog = ({ job, action, onClose, onDeleted }: JobDialogProps) => {
  const { verb, description } = WORDS[action];
  const act = async (reason: string) => {
    await actOn(job, action, reason);
    // Leaves the page first, so that nothing fetches the deleted job.
    if (action === 'delete') onDeleted?.();
    changed();
  };
  return (
    <ActDialog title={`${verb} ${job.name}?`} verb={verb} danger={action === 'delete'} act={act} onClose={onClose}>
      <p>{description}</p>
    </ActDialog>
  );
};

const actOn = async ({ id, name }: JobRef, action: JobAction, reason: string): Promise<void> => {
  const params = { path: { id }, header: reasonHeader(reason) };
  switch (action) {
    case 'trigger': {
      const execution = await dataOf(api.POST('/jobs/{id}/trigger', { params, body: {} }));
      showSuccess(`Started execution ${execution.id} of ${name}`);
      return;
    }
    case 'enable':
      await setEnabled(id, true, reason);
      showSuccess(`Enabled ${name}`, () => setEnabled(id, false, 'Change undone'));
      return;
    case 'disable':
      await setEnabled(id, false, reason);
      showSuccess(`Disabled ${name}`, () => setEnabled(id, true, 'Change undone'));
      return;
    case 'delete':
      await done(api.DELETE('/jobs/{id}', { params }));
      showSuccess(`Deleted ${name}`);
      return;
  }
};

const setEnabled = async (id: number, enabled: boolean, reason: string): Promise<void> => {
  const params = { path: { id }, header: reasonHeader(reason) };
  await done(enabled ? api.POST('/jobs/{id}/enable', { params }) : api.POST('/jobs/{id}/disable', { params }));
  changed();
};
