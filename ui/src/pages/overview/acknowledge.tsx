import { useState } from 'preact/hooks';
import type { Attention } from '../../../../packages/client/src/schema.ts';
import { api, dataOf, done } from '../../api/client.ts';
import { changed } from '../../api/queries.ts';
import { session } from '../../api/session.ts';
import { ActDialog } from '../../components/act-dialog.tsx';
import { now } from '../../components/clock.ts';
import { FormField } from '../../components/form-field.tsx';
import { FormSelect } from '../../components/form-select.tsx';
import { zoneFor } from '../../components/preferences.ts';
import { showError, showSuccess } from '../../components/toasts.tsx';
import { When } from '../../components/when.tsx';
import { formatCount } from '../../format/count.ts';
import { pauseEnds } from '../../format/pause-ends.ts';

type AcknowledgeProps = { readonly jobs: readonly Attention[]; readonly onClose: () => void };

/** Takes on jobs with the same problem: with an owner, a note, and an end. */
export const AcknowledgeDialog = ({ jobs, onClose }: AcknowledgeProps) => {
  const [owner, setOwner] = useState(session.current.value?.user ?? '');
  const [note, setNote] = useState('');
  const [until, setUntil] = useState('');
  const ends = pauseEnds(now.value, zoneFor(undefined));
  const [name = ''] = jobs.map(({ jobName }) => jobName);
  const what = jobs.length === 1 ? name : formatCount(jobs.length, 'job');
  const body = {
    owner,
    ...(note.trim() === '' ? {} : { note: note.trim() }),
    ...(until === '' ? {} : { until }),
  };
  const act = async () => {
    await Promise.all(
      jobs.map(({ jobId: id }) => dataOf(api.PUT('/jobs/{id}/acknowledgement', { params: { path: { id } }, body }))),
    );
    changed();
    showSuccess(`Acknowledged ${what}`, () => endAcknowledgement(jobs));
  };
  return (
    <ActDialog title={`Acknowledge ${what}?`} verb="Acknowledge" asksReason={false} act={act} onClose={onClose}>
      <p>Others see who takes care of it. A problem that begins later needs attention again.</p>
      <FormField label="Owner" pointer="/owner" value={owner} onValue={setOwner} />
      <FormField label="Note" pointer="/note" value={note} onValue={setNote} isRequired={false} />
      <FormSelect
        label="Snooze"
        pointer="/until"
        value={until}
        onValue={setUntil}
        isRequired={false}
        options={[['', 'Until the next problem'], ...ends.map((end) => [end.until, end.text] as const)]}
      />
    </ActDialog>
  );
};

const endAcknowledgement = async (jobs: readonly Attention[]): Promise<void> => {
  await Promise.all(
    jobs.map(({ jobId: id }) => done(api.DELETE('/jobs/{id}/acknowledgement', { params: { path: { id } } }))),
  );
  changed();
};

/** Who takes care of a job, and until when. */
export const Acknowledged = ({ job }: { readonly job: Attention }) => {
  const { acknowledgement } = job;
  if (acknowledgement === undefined) return null;
  const { owner, note, until, acknowledgedAt } = acknowledgement;
  return (
    <p class="need-why quiet">
      {owner} takes care of it since <When at={acknowledgedAt} />
      {until === undefined ? null : (
        <>
          , until <When at={until} />
        </>
      )}
      {note === undefined ? null : <q>{note}</q>}{' '}
      {session.may('scheduler:jobs:trigger') ? (
        <button type="button" class="link" onClick={() => endAcknowledgement([job]).catch(showError)}>
          End acknowledgement<span class="unseen"> of {job.jobName}</span>
        </button>
      ) : null}
    </p>
  );
};
