import type { Bench } from './harness.ts';
import { bareAxiosPerSecond } from './support/bare-axios.ts';
import { exactness } from './support/exactness.ts';
import type { Fired } from './support/ledger.ts';
import { runStorm } from './support/run-storm.ts';
import { startBenchServer } from './support/server.ts';
import { startBenchTarget } from './support/target.ts';

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
export const bench: Bench = async ({ size, say }) => {
  const count = { full: 10_000, quick: 2_000, smallest: 50 }[size];
  const target = await startBenchTarget();
  const server = await startBenchServer({ ALLOWED_TARGETS: '127.0.0.0/8' });
  const bare = { origin: target.origin, requestInProgress: UNDER_WAY };
  try {
    const cold = await runStorm({ server, target, say }, count / 10);
    const bareBefore = await bareAxiosPerSecond(bare, count);
    const { log, counts, dueMs, settledMs } = await runStorm({ server, target, say }, count);
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
