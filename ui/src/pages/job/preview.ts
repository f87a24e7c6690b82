import type { Job, Occurrence, Preview } from '../../../../packages/client/src/schema.ts';
import { api, dataOf } from '../../api/client.ts';
import { byRuns, type QueryResult, useQuery } from '../../api/queries.ts';
import { session } from '../../api/session.ts';
import { now } from '../../components/clock.ts';
import { formatClosure } from '../../format/reasons.ts';

const SHOWN_SLOTS = 8;

/** Outcomes of the coming slots that a pause affects, up to an instant, as in the days of the job and in `explain`. */
export const useExpected = (job: Job, to: string | undefined): ReadonlyMap<string, string> => {
  const { data = [] } = useQuery({
    key: ['job', job.id, 'expected', to],
    load: (signal) =>
      dataOf(
        api.GET('/jobs/{id}/occurrences', {
          params: {
            path: { id: job.id },
            query: {
              from: new Date(now.peek()).toISOString(),
              ...(to === undefined ? {} : { to: withinLimit(to) }),
              limit: SHOWN_SLOTS,
            },
          },
          signal,
        }),
      ),
    enabled: job.enabled && to !== undefined && session.may('scheduler:executions:read'),
    touched: byRuns(job.id),
  });
  return new Map(data.flatMap((slot) => (slot.expected === undefined ? [] : [[slot.at, formatExpected(slot)]])));
};

/** Maximum span of a request for the slots of a job. */
const MAX_SPAN_MS = 31 * 86_400_000;
const withinLimit = (to: string): string => new Date(Math.min(Date.parse(to), now.peek() + MAX_SPAN_MS)).toISOString();

/** Expected outcome of a coming slot. */
export const formatExpected = ({ expected, expectedReason, calendars }: Occurrence): string =>
  `${expected === 'late' ? 'Will run late, after the pause.' : 'Will be skipped.'} ${formatClosure(expectedReason, calendars)}`;

/** A job's schedule in plain language, and its next slots after now or another instant. */
export const usePreview = (job: Job, asOf: string | undefined) => {
  const { timezone, pattern, schedule, startAt, endAt, calendar, jitter, maxRuns } = job;
  const body = {
    timezone,
    count: SHOWN_SLOTS,
    ...(asOf === undefined ? {} : { after: asOf }),
    ...(pattern === undefined ? {} : { pattern }),
    ...(schedule === undefined ? {} : { schedule }),
    ...(startAt === undefined ? {} : { startAt }),
    ...(endAt === undefined ? {} : { endAt }),
    ...(calendar === undefined ? {} : { calendar }),
    ...(jitter === undefined ? {} : { jitter }),
    ...(maxRuns === undefined ? {} : { maxRuns }),
  };
  const preview: QueryResult<Preview> = useQuery({
    key: ['preview', body],
    load: (signal) => dataOf(api.POST('/preview', { body, signal })),
    live: asOf === undefined,
    // The first slot has passed; manual runs do not change the slots.
    touched: ({ runs }) => runs.has(job.id) && Date.parse(preview.data?.slots[0]?.at ?? '') <= now.peek(),
  });
  return preview;
};
