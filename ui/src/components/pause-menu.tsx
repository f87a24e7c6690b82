import { useState } from 'preact/hooks';
import { api, dataOf, done, reasonHeader } from '../api/client.ts';
import { changed } from '../api/queries.ts';
import { session } from '../api/session.ts';
import { pauseEnds } from '../format/pause-ends.ts';
import { formatInstant } from '../format/time.ts';
import { ActDialog } from './act-dialog.tsx';
import { now } from './clock.ts';
import { FormField } from './form-field.tsx';
import { Icon } from './icon.tsx';
import { Menu } from './menu.tsx';
import { closedAt } from './navigation.ts';
import { zoneFor } from './preferences.ts';
import { showError, showSuccess } from './toasts.tsx';

export type Paused = {
  /** By default a job. */
  readonly scope?: 'job' | 'application';
  readonly id: number;
  readonly name: string;
  readonly zone?: string | undefined;
};

/** A pause binds more than an application, so users limited to some of them can't set one. */
export const mayPause = (): boolean => session.may('scheduler:jobs:write') && closedAt('/pauses') === undefined;

/** Pauses a job up to a usual end by one more click, or up to a chosen one. */
export const PauseMenu = ({ job }: { readonly job: Paused }) => {
  const [isChoosing, setChoosing] = useState(false);
  if (!mayPause()) return null;
  const zone = zoneFor(job.zone);
  return (
    <>
      <Menu
        label={`Pause ${job.name}`}
        class="button"
        items={[
          ...pauseEnds(now.value, zone).map(({ text, until }) => ({
            text,
            icon: 'clock' as const,
            run: () => void startPause(job, { until }).catch(showError),
          })),
          { text: 'Other…', icon: 'pause', run: () => setChoosing(true) },
        ]}
      >
        <Icon name="pause" />
        Pause
        <Icon name="down" />
      </Menu>
      {isChoosing ? <PauseDialog job={job} onClose={() => setChoosing(false)} /> : null}
    </>
  );
};

type Choice = { readonly until?: string | undefined; readonly reason?: string };

/** Pauses a job or an application. @param until an instant; if absent, until ended manually @throws Problem */
const startPause = async (job: Paused, { until, reason = '' }: Choice): Promise<void> => {
  const { id } = await dataOf(
    api.POST('/pauses', {
      params: { header: reasonHeader(reason) },
      body: { scope: job.scope ?? 'job', of: job.id, ...(until === undefined ? {} : { until }) },
    }),
  );
  changed();
  const end =
    until === undefined ? '' : ` until ${formatInstant(until, { zone: zoneFor(job.zone), nowMs: now.value })}`;
  showSuccess(`Paused ${job.name}${end}`, async () => {
    await done(api.DELETE('/pauses/{id}', { params: { path: { id } } }));
    changed();
  });
};

type DialogProps = { readonly job: Paused; readonly initial?: string | undefined; readonly onClose: () => void };

/** Asks for the end and the reason of a pause. */
export const PauseDialog = ({ job, initial = '', onClose }: DialogProps) => {
  const [until, setUntil] = useState(initial);
  return (
    <ActDialog
      title={`Pause ${job.name}?`}
      verb="Pause"
      act={(reason) => startPause(job, { reason, until: until === '' ? undefined : new Date(until).toISOString() })}
      onClose={onClose}
    >
      <p>
        {job.scope === 'application' ? 'Its jobs make' : 'The job makes'} no calls during the pause. Running calls are
        allowed to finish.
      </p>
      <FormField
        pointer="/until"
        label="Until (browser time)"
        kind="time"
        value={until}
        onValue={setUntil}
        isRequired={false}
        hint="If empty, until ended manually"
      />
    </ActDialog>
  );
};
