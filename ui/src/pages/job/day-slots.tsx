import { Link } from 'wouter-preact';
import type { Job, SlotDay } from '../../../../packages/client/src/schema.ts';
import { api, dataOf } from '../../api/client.ts';
import { byRuns, useQuery } from '../../api/queries.ts';
import { Failed, Loading } from '../../components/states.tsx';
import { Status } from '../../components/status.tsx';
import { SlotWhen } from '../../components/when.tsx';
import { formatCount } from '../../format/count.ts';
import { dayAfter } from '../../format/month.ts';
import { formatClosure, formatReason } from '../../format/reasons.ts';
import { hasSeconds, instantOf } from '../../format/time.ts';
import { formatExpected } from './preview.ts';

const SHOWN = 50;
const REST_MS = 10_000;

type DaySlotsProps = { readonly job: Job; readonly day: SlotDay; readonly zone: string };

/** A day's slots with outcome and reason; if there are many, only those not run on time. */
export const DaySlots = ({ job, day: { date, fired }, zone }: DaySlotsProps) => {
  const from = instantOf(`${date}T00:00`, zone);
  const to = instantOf(`${dayAfter(date)}T00:00`, zone);
  // The API excludes the start of a range and includes its end.
  const span = { from: new Date(Date.parse(from) - 1).toISOString(), to: new Date(Date.parse(to) - 1).toISOString() };
  const isNarrowed = fired > SHOWN;
  const { data, error, again } = useQuery({
    key: ['job', job.id, 'day', span, isNarrowed],
    load: (signal) =>
      dataOf(
        api.GET('/jobs/{id}/occurrences', {
          params: {
            path: { id: job.id },
            query: { ...span, limit: SHOWN, ...(isNarrowed ? { outcome: 'missed,skipped,late' } : {}) },
          },
          signal,
        }),
      ),
    touched: byRuns(job.id),
    restMs: REST_MS,
  });
  if (data === undefined) return error === null ? <Loading lines={3} /> : <Failed error={error} again={again} />;
  const withSeconds = data.some(({ at }) => hasSeconds(at));
  return (
    <>
      <ul class="slots day-slots" aria-label={`Slots of ${date}`}>
        {data.map((slot) => {
          const { at, outcome, reason, executionId, expectedReason } = slot;
          return (
            <li key={at}>
              {executionId === undefined ? (
                <SlotWhen at={at} zone={job.timezone} withSeconds={withSeconds} />
              ) : (
                <Link href={`/executions/${executionId}`}>
                  <SlotWhen at={at} zone={job.timezone} withSeconds={withSeconds} />
                </Link>
              )}
              <Status name={outcome}>{outcome === 'fired' ? 'On time' : undefined}</Status>
              <span class="slot-note">
                {outcome === 'skipped'
                  ? formatClosure(reason, slot.calendars)
                  : expectedReason === undefined
                    ? formatReason(reason)
                    : formatExpected(slot)}
              </span>
            </li>
          );
        })}
      </ul>
      <p class="small">
        {data.length === SHOWN ? `The first ${SHOWN} are shown. ` : ''}
        {isNarrowed ? `${formatCount(fired, 'slot')} ran on time. ` : ''}
        <Link href={`/executions?${new URLSearchParams({ jobId: String(job.id), from, to })}`}>
          Executions of {date}
        </Link>
      </p>
    </>
  );
};
