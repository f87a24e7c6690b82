import { createHash } from 'node:crypto';
import { expect } from 'chai';
import { z } from 'zod';
import { drawPlan } from './draw-plan.ts';
import { explain, findAmong, seedsFrom } from './find.ts';
import type { Plan } from './plan.ts';
import { type Run, simulate } from './simulate.ts';

/** Many more in test/long/simulation. */
const SEEDS = 4;
const ALIKE = 2;
/** Drawn, and not run. */
const DRAWN = 300;
/** What is claimed in the last moment may be in the log or not. */
const LAST_MS = 1_000;

const RunData = z.object({
  scheduledAt: z.string().optional(),
  attempt: z.number().optional(),
  late: z.string().optional(),
  error: z.object({ code: z.string() }).optional(),
  reason: z.string().optional(),
  after: z.string().optional(),
  until: z.string().optional(),
  tail: z.object({ cursor: z.string(), runs: z.number(), open: z.array(z.unknown()), jobRevision: z.number() }),
});

describe('simulation', () => {
  it(`balances its books over ${SEEDS} seeds`, async () => {
    const found = await findAmong(seedsFrom(1, SEEDS));
    if (found !== undefined) expect.fail((await explain(found)).story);
  });

  it('gives the same run for the same seed, to the last event, and another for another seed', async () => {
    const first = fingerprint(await simulate(drawPlan(1)));
    expect(fingerprint(await simulate(drawPlan(1)))).to.equal(first);
    expect(fingerprint(await simulate(drawPlan(2)))).not.to.equal(first);
  });

  it('keeps executions for longer than clocks are apart, and than a process is away', () => {
    for (const seed of seedsFrom(1, DRAWN)) {
      const { commands, faults } = drawPlan(seed);
      const kept = commands.flatMap(({ ask }) => (ask.kind === 'expire' ? [ask.keepMs] : []));
      const puts = faults.flatMap((fault) => (fault.kind === 'clock' && fault.process === 'postgres' ? [fault] : []));
      const offAt = (untilMs: number) => puts.reduce((sum, { atMs, byMs }) => (atMs <= untilMs ? sum + byMs : sum), 0);
      const offs = [0, ...puts.map(({ atMs }) => offAt(atMs))];
      const apartMs = Math.max(...offs) - Math.min(...offs);
      const awayMs = faults.map((fault) => ('forMs' in fault ? fault.forMs : 0));
      expect(Math.max(apartMs, ...awayMs), `seed ${seed}`).to.be.below(Math.min(...kept));
    }
  });

  it('records the same of every job whether jobs are handled together or each by itself', async () => {
    for (const seed of seedsFrom(1, ALIKE)) {
      const together = await simulate(calm(seed, { size: 500, prepared: true }));
      const alone = await simulate(calm(seed, { size: 1, prepared: false }));
      expect(recorded(together).length, `seed ${seed}`).to.be.above(10);
      expect(recorded(together), `seed ${seed}`).to.deep.equal(recorded(alone));
    }
  });
});

/** A plan in which nothing takes time and nothing fails, so that its events follow from its commands alone. */
const calm = (seed: number, turns: Plan['turns']): Plan => {
  const { weather, ...plan } = drawPlan(seed);
  const still = { latencyMs: 0, targetMs: 0, slowPercent: 0, failPercent: 0, reports: undefined };
  return { ...plan, weather: { ...weather, ...still }, faults: [], turns };
};

/** What the streams of runs hold, without what differs from run to run: ids and times. */
const recorded = ({ events, endedAtMs }: Run): string[] =>
  events
    .filter(({ stream, recordedAt }) => stream.startsWith('runs-') && recordedAt < endedAtMs - LAST_MS)
    .map(({ stream, revision, type, data }) => {
      const { scheduledAt, attempt, late, error, reason, after, until, tail } = RunData.parse(data);
      const ofTail = [tail.cursor, tail.runs, tail.open.length, tail.jobRevision];
      return [stream, revision, type, scheduledAt, attempt, late, error?.code, reason, after, until, ...ofTail].join(
        ' ',
      );
    })
    .sort();

const fingerprint = ({ events, calls, trace }: Run): string =>
  createHash('sha256')
    .update(JSON.stringify([events, calls, trace]))
    .digest('hex');
