import { expect } from 'chai';
import type { Plan, PlannedFault } from './plan.ts';
import { type Run, simulate } from './simulate.ts';

const JOBS = 6;

/** Two engines share jobs that are due each second, until one of them meets this fault after 20 s. */
const planOf = (timeoutMs: number, ...faults: readonly PlannedFault[]): Plan => ({
  ...{ seed: 1, engines: 2, callers: 0, limits: [], faults: [...faults] },
  timeouts: { 'engine-1': timeoutMs, 'engine-2': timeoutMs },
  ...{ calmFromMs: 50_000, endMs: 60_000 },
  weather: {
    ...{ latencyMs: 5, targetMs: 10, slowTargetMs: 10, slowPercent: 0, failPercent: 0 },
    ...{ concurrency: 100, targetConcurrency: 100, definitionBytes: 1_000_000 },
  },
  commands: Array.from({ length: JOBS }, (_, job) => ({
    ...{ atMs: 3_000 + job, process: 'engine-2', job },
    ask: { kind: 'create', pattern: '* * * * * *', rules: { overlap: 'allow' } },
  })),
});

const atMs = 20_000;
const stop: PlannedFault = { kind: 'crash', process: 'engine-1', verb: 'beat', nth: 1, way: 'there', downMs: 60_000 };

/** The longest time in which a job was not called, ms. */
const longestGapMs = ({ calls }: Run): number => {
  const gaps = [...new Set(calls.map(({ jobId }) => jobId))].flatMap((jobId) => {
    const times = calls.filter((call) => call.jobId === jobId).map((call) => call.atMs);
    return times.slice(1).map((at, place) => at - (times[place] ?? at));
  });
  return Math.max(...gaps);
};

const lostIn = ({ events }: Run): number =>
  events.filter(({ data }) => 'reason' in data && data.reason === 'ENGINE_LOST').length;

describe('the takeover of the jobs of an engine', () => {
  for (const [timeoutMs, nth] of [
    [10_000, 20],
    [3_000, 60],
  ] as const) {
    it(`comes within 1.5 s after ${timeoutMs / 1_000} s of silence, which began up to 1 s before the last call`, async () => {
      const gapMs = longestGapMs(await simulate(planOf(timeoutMs, { ...stop, nth })));
      expect(gapMs).to.be.within(timeoutMs - 1_000, timeoutMs + 1_500);
    });
  }

  it('befalls an engine that is frozen for longer than its timeout, and no other', async () => {
    const frozen: PlannedFault = { kind: 'suspend', process: 'engine-1', atMs, forMs: 5_000 };
    const dawdling: PlannedFault[] = Array.from({ length: 300 }, (_, nth) => {
      return { kind: 'dawdle', process: 'engine-1', nth: nth + 1, byMs: 6_000 };
    });
    const lost = async (timeoutMs: number) => lostIn(await simulate(planOf(timeoutMs, frozen, ...dawdling)));
    expect(await lost(10_000)).to.equal(0);
    expect(await lost(3_000)).to.be.above(0);
  });
});
