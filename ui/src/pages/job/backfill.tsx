import { useState } from 'preact/hooks';
import type { Job } from '../../../../packages/client/src/schema.ts';
import { api, dataOf } from '../../api/client.ts';
import { changed, useQuery } from '../../api/queries.ts';
import { ActDialog } from '../../components/act-dialog.tsx';
import { now } from '../../components/clock.ts';
import { zoneFor } from '../../components/preferences.ts';
import { showSuccess } from '../../components/toasts.tsx';
import { When } from '../../components/when.tsx';
import { formatCount } from '../../format/count.ts';
import { instantOf } from '../../format/time.ts';
import { wallIn } from '../../format/time-field.ts';

const DAY_MS = 86_400_000;
const SHOWN_SLOTS = 12;
const REPROCESS = {
  none: 'Never called',
  failed: 'Never called or not successful',
  all: 'All slots',
} as const;
type Reprocess = keyof typeof REPROCESS;

/** Lists past slots and requests a backfill of them. */
export const BackfillDialog = ({ job, onClose }: { readonly job: Job; readonly onClose: () => void }) => {
  const zone = zoneFor(job.timezone);
  const [from, setFrom] = useState(wallIn(new Date(now.value - DAY_MS).toISOString(), zone));
  const [to, setTo] = useState(wallIn(new Date(now.value).toISOString(), zone));
  const [reprocess, setReprocess] = useState<Reprocess>('none');
  const body = { from: instantOf(from, zone), to: instantOf(to, zone), reprocess };
  const params = { path: { id: job.id } };
  const { data: slots, error } = useQuery({
    key: ['backfill', job.id, body],
    load: async (signal) => {
      const response = await dataOf(
        api.POST('/jobs/{id}/backfills', { params, body: { ...body, dryRun: true }, signal }),
      );
      return 'slots' in response ? response.slots : [];
    },
    enabled: from !== '' && to !== '',
    live: false,
    keepPrevious: true,
  });
  return (
    <ActDialog
      title={`Backfill ${job.name}`}
      verb={slots === undefined || slots.length === 0 ? 'Backfill' : `Run ${formatCount(slots.length, 'slot')}`}
      disabled={error !== null || slots === undefined || slots.length === 0}
      onClose={onClose}
      act={async (reason) => {
        const reasonField = reason.trim() === '' ? {} : { reason: reason.trim() };
        await dataOf(api.POST('/jobs/{id}/backfills', { params, body: { ...body, ...reasonField } }));
        changed();
        showSuccess(`Backfill started: ${formatCount(slots?.length ?? 0, 'slot')}, one after another`);
      }}
    >
      <div class="two-fields">
        <label class="field">
          <span>After ({zone})</span>
          <input type="datetime-local" value={from} onInput={({ currentTarget }) => setFrom(currentTarget.value)} />
        </label>
        <label class="field">
          <span>Up to</span>
          <input type="datetime-local" value={to} onInput={({ currentTarget }) => setTo(currentTarget.value)} />
        </label>
      </div>
      <label class="field">
        <span>Slots</span>
        <select value={reprocess} onChange={({ currentTarget: { value } }) => setReprocess(reprocessOf(value))}>
          {Object.entries(REPROCESS).map(([name, label]) => (
            <option key={name} value={name}>
              {label}
            </option>
          ))}
        </select>
      </label>
      {error === null ? <Listed slots={slots} zone={job.timezone} /> : <p class="field-error">{error.message}</p>}
    </ActDialog>
  );
};

const reprocessOf = (value: string): Reprocess => (value === 'failed' || value === 'all' ? value : 'none');

const Listed = ({ slots, zone }: { readonly slots: readonly string[] | undefined; readonly zone: string }) => {
  if (slots === undefined) return <p class="quiet">Finding slots…</p>;
  if (slots.length === 0) return <p class="quiet">No slots to run in this period.</p>;
  return (
    <ol class="slots backfill-slots" aria-label="Slots to run">
      {slots.slice(0, SHOWN_SLOTS).map((at) => (
        <li key={at}>
          <When at={at} zone={zone} />
        </li>
      ))}
      {slots.length > SHOWN_SLOTS ? (
        <li class="quiet">and {formatCount(slots.length - SHOWN_SLOTS, 'more', 'more')}</li>
      ) : null}
    </ol>
  );
};
