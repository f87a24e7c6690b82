import type { Bench } from './harness.ts';
import { bareTimer } from './support/bare-axios.ts';
import { exactness } from './support/exactness.ts';
import { runSteady } from './support/run-steady.ts';
import { startBenchServer } from './support/server.ts';
import { startBenchTarget } from './support/target.ts';

const EACH_SECOND = 200;
const WARM_UP_SECONDS = 5;

/**
 * 200 jobs that are due every second on the second: how late their calls arrive at a target in a process of its own.
 * Against it a timer in memory that makes the same calls by axios and stores nothing. Both have warmed up before.
 */
export const bench: Bench = async ({ size, say }) => {
  const seconds = { full: 60, quick: 12, smallest: 2 }[size];
  const slots = seconds * EACH_SECOND;
  const target = await startBenchTarget();
  const server = await startBenchServer({ ALLOWED_TARGETS: '127.0.0.0/8' });
  try {
    say(`a timer in memory and axios, ${seconds} s`);
    const timer = { origin: target.origin, underWay: EACH_SECOND };
    await bareTimer(timer, { seconds: WARM_UP_SECONDS, eachSecond: EACH_SECOND });
    await target.reset();
    await bareTimer(timer, { seconds, eachSecond: EACH_SECOND });
    const bare = await target.counts();

    const { log, counts } = await runSteady(
      { server, target, say },
      { eachSecond: EACH_SECOND, seconds, warmUpSeconds: WARM_UP_SECONDS },
    );
    return {
      figures: {
        slots,
        exactlyOnce: exactness({ slots, target: counts, log, say }),
        p50LatenessMs: counts.p50LatenessMs,
        p99LatenessMs: counts.p99LatenessMs,
        p99SentLatenessMs: log.p99LatenessMs,
        early: counts.early,
        bareP50LatenessMs: bare.p50LatenessMs,
        bareP99LatenessMs: bare.p99LatenessMs,
      },
      targets: { exactlyOnce: { atLeast: 1 }, p99LatenessMs: { atMost: 40 } },
    };
  } finally {
    await server.stop();
    await target.stop();
  }
};
