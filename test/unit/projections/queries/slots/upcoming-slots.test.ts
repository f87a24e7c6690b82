import { expect } from 'chai';
import { QueryAbandoned, QueryTooSlow } from '../../../../../src/db/reader.ts';
import { type Blackout, type Blackouts, NO_CLOSURES } from '../../../../../src/domain/closure/closure.ts';
import type { SlotJob } from '../../../../../src/projections/queries/context.ts';
import { countSlots } from '../../../../../src/projections/queries/slots/upcoming-slots.ts';

const MINUTE_MS = 60_000;
const DAY_MS = 1_440 * MINUTE_MS;
const nowMs = Date.UTC(2026, 0, 1);

const closedAt =
  (...spans: (readonly [fromMs: number, untilMs: number])[]): Blackouts =>
  () =>
    spans.map(
      ([fromMs, untilMs]): Blackout => ({ fromMs: nowMs + fromMs, untilMs: nowMs + untilMs, reason: 'PAUSED' }),
    );

const aJob = (changes: Partial<SlotJob>): SlotJob => ({
  ...{ jobId: 1, revision: 0, tenant: 'acme', applicationId: 1, enabled: true, timezone: 'UTC', target: undefined },
  ...{
    scheduleSince: '2025-01-01T00:00:00.000Z',
    pattern: '* * * * *',
    labelsText: undefined,
    calendar: undefined,
    closures: NO_CLOSURES,
    nextMs: undefined,
    runs: 0,
    ...changes,
  },
});

type Options = { readonly lengthMs?: number; readonly signal?: AbortSignal };

const count = async (jobs: readonly SlotJob[], { lengthMs = 60 * MINUTE_MS, signal }: Options = {}) => {
  let turns = 0;
  const others = {
    yieldIfDue: async () => {
      turns += 1;
    },
  };
  const counts = await countSlots(jobs, { nowMs, lengthMs, parts: 6, others, signal });
  return { counts, turns };
};
const countsOf = async (...input: Parameters<typeof count>) => (await count(...input)).counts;

describe('counting the slots ahead', () => {
  it('counts those of all jobs in each part, to its last instant', async () => {
    expect(await countsOf([aJob({}), aJob({ jobId: 2 }), aJob({ jobId: 3, pattern: '15 * * * *' })])).to.deep.equal([
      20, 21, 20, 20, 20, 20,
    ]);
  });

  it('leaves out those in a blackout window, and counts those between and after', async () => {
    const closures = closedAt([0, 5 * MINUTE_MS], [12 * MINUTE_MS, 12.5 * MINUTE_MS], [31 * MINUTE_MS, 60 * MINUTE_MS]);
    expect(await countsOf([aJob({ closures })])).to.deep.equal([6, 9, 10, 0, 0, 1]);
  });

  it('counts no more runs of a job than it has left, whatever is closed before', async () => {
    const closures = closedAt([0, 25 * MINUTE_MS]);
    expect(await countsOf([aJob({ closures, maxRuns: 10, runs: 3 })])).to.deep.equal([0, 0, 6, 1, 0, 0]);
  });

  it('passes over a blackout window immediately, and counts jobs that are alike together', async () => {
    const closures = closedAt([0, DAY_MS - MINUTE_MS]);
    const jobs = Array.from({ length: 250 }, (_, jobId) => aJob({ jobId, pattern: '* * * * * *', closures }));
    const { counts, turns } = await count(jobs, { lengthMs: DAY_MS });
    expect(counts).to.deep.equal([0, 0, 0, 0, 0, 250 * 61]);
    expect(turns).to.equal(jobs.length);
  });

  it('gives others their turn while it counts', async () => {
    const { turns } = await count([aJob({ pattern: '* * * * * *' })], { lengthMs: DAY_MS });
    expect(turns).to.be.above(DAY_MS / 1_000 / 256);
  });

  it('does not count what would take too long', async () => {
    const apart = (index: number) => `2025-01-01T00:00:${String(index).padStart(2, '0')}.000Z`;
    const jobs = Array.from({ length: 12 }, (_, index) => aJob({ pattern: '* * * * * *', startAt: apart(index) }));
    const rejected = await countsOf(jobs, { lengthMs: DAY_MS }).catch((error: unknown) => error);
    expect(rejected).to.be.instanceOf(QueryTooSlow);
  });

  it('stops when no one waits any more', async () => {
    const stopped = await countsOf([aJob({})], { signal: AbortSignal.abort() }).catch((error: unknown) => error);
    expect(stopped).to.be.instanceOf(QueryAbandoned);
  });
});
