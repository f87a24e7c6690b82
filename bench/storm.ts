import { setTimeout as sleep } from 'node:timers/promises';
import type { Bench, BenchOptions } from './harness.ts';
import { bareAxiosPerSecond } from './support/bare-axios.ts';
import { exactness } from './support/exactness.ts';
import { createApplication } from './support/jobs.ts';
import { type Fired, readLedger } from './support/ledger.ts';
import { seedJobs } from './support/seed-jobs.ts';
import { type BenchServer, startBenchServer } from './support/server.ts';
import { settled } from './support/settled.ts';
import { type BenchTarget, type Counts, startBenchTarget } from './support/target.ts';

const UNDER_WAY = 256;
const TARGETS = {
  exactlyOnce: { atLeast: 1 },
  ratioToBareAxios: { atLeast: 0.7 },
  readModelsBehindMs: { atMost: 1_000 },
};

/**
 * Jobs that are all due the same instant, each a POST to a target in a process of its own, in the configuration of
 * `npm start`: executions a second from due to the last durable outcome. Against it a bare axios loop that stores
 * nothing, measured before and after. Both are warmed by a tenth of the calls. The jobs are written straight into the
 * log, as in the bench of timers.
 */
export const bench: Bench = async ({ quick, say }) => {
  const count = quick ? 2_000 : 10_000;
  const target = await startBenchTarget();
  const server = await startBenchServer({ ALLOWED_TARGETS: '127.0.0.0/8' });
  const bare = { origin: target.origin, underWay: UNDER_WAY };
  try {
    const cold = await storm({ server, target, say }, count / 10);
    const bareBefore = await bareAxiosPerSecond(bare, count);
    const { log, counts, dueMs, settledMs } = await storm({ server, target, say }, count);
    const bareAfter = await bareAxiosPerSecond(bare, count);
    const perSecond = rate(count, log, dueMs);
    return {
      figures: {
        jobs: count,
        exactlyOnce: exactness({ slots: count, target: counts, log, say }),
        executionsPerSecond: perSecond,
        bareAxiosPerSecond: (bareBefore + bareAfter) / 2,
        ratioToBareAxios: (2 * perSecond) / (bareBefore + bareAfter),
        readModelsBehindMs: Math.max(0, settledMs - log.lastOutcomeMs),
        p50LatenessMs: counts.p50LatenessMs,
        p99LatenessMs: counts.p99LatenessMs,
        coldExecutionsPerSecond: rate(count / 10, cold.log, cold.dueMs),
      },
      targets: TARGETS,
    };
  } finally {
    await server.stop();
    await target.stop();
  }
};

const rate = (count: number, { lastOutcomeMs }: Fired, dueMs: number): number =>
  (count / (lastOutcomeMs - dueMs)) * 1_000;

type Storm = {
  readonly server: BenchServer;
  readonly target: BenchTarget;
  readonly say: BenchOptions['say'];
};
type Stormed = {
  readonly log: Fired;
  readonly counts: Counts;
  readonly dueMs: number;
  readonly settledMs: number;
};

/** Jobs that go into the log and the read models in a second, at least, by which the due time is set. */
const SEEDED_PER_SECOND = 1_000;
const GIVE_UP_MS = 60_000;

const storm = async ({ server, target, say }: Storm, count: number): Promise<Stormed> => {
  const dueMs = Math.ceil((Date.now() + (count / SEEDED_PER_SECOND) * 1_000 + 3_000) / 1_000) * 1_000;
  const pattern = patternAt(new Date(dueMs));
  say(`${count} jobs, due at ${new Date(dueMs).toISOString()}`);
  const applicationId = await createApplication(server);
  const seeding = { count, applicationId, origin: target.origin, patternOf: () => pattern };
  const first = await seedJobs(server, seeding);
  const jobIds = new Set(Array.from({ length: count }, (_, index) => first + index));
  await settled(server);
  if (Date.now() > dueMs) throw new Error('the jobs were not there before they were due');
  await target.reset();
  await sleep(dueMs - Date.now());
  while ((await target.counts()).calls < count) {
    if (Date.now() > dueMs + GIVE_UP_MS) break;
    await sleep(100);
  }
  const settledMs = await settled(server);
  return { log: await readLedger(server, { jobIds }), counts: await target.counts(), dueMs, settledMs };
};

const patternAt = (due: Date): string =>
  [due.getUTCSeconds(), due.getUTCMinutes(), due.getUTCHours(), due.getUTCDate(), due.getUTCMonth() + 1, '*'].join(' ');
