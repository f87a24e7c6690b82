import type { Job, Preview } from '../../../../src/client/schema.ts';
import { answerOf, api } from '../../api/client.ts';
import { type Answered, useQuery } from '../../api/queries.ts';
import { now } from '../../components/clock.ts';

const SHOWN_SLOTS = 8;

/** The schedule of a job in words, and its next slots after now or another instant. */
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
  const preview: Answered<Preview> = useQuery({
    key: ['preview', body],
    ask: (signal) => answerOf(api.POST('/preview', { body, signal })),
    live: asOf === undefined,
    // The first of the slots has come; a run by hand leaves them as they are.
    touched: ({ runs }) => runs.has(job.id) && Date.parse(preview.data?.slots[0]?.at ?? '') <= now.peek(),
  });
  return preview;
};
