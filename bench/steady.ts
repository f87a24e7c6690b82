import type { Bench } from './harness.ts';
import { bareTimer } from './support/bare-axios.ts';
import { exactness } from './support/exactness.ts';
import { runSteady } from './support/run-steady.ts';
import { startBenchServer } from './support/server.ts';
import { type BenchTarget, startBenchTarget } from './support/target.ts';

const EACH_SECOND = 200;
const BUSY_EACH_SECOND = 1_000;
/** By default one target of a tenant gets 384 simultaneous calls. */
const BUSY_PLACES = { ENGINE_CONCURRENCY: '4096', TARGET_CONCURRENCY: '2048' };
const WARM_UP_SECONDS = 5;

/**
 * 200 jobs that are due every second on the second, and then 1,000: how late their calls arrive at a target in a process
 * of its own. Against the 200 a timer in memory that makes the same calls by axios and stores nothing. All have warmed up
 * before.
 */
export const bench: Bench = async ({ size, say }) => {
  const seconds = { full: 60, quick: 12, smallest: 2 }[size];
  const target = await startBenchTarget();
  try {
    say(`a timer in memory and axios, ${seconds} s`);
    const timer = { origin: target.origin, requestInProgress: EACH_SECOND };
    await bareTimer(timer, { seconds: WARM_UP_SECONDS, eachSecond: EACH_SECOND });
    await target.reset();
    await bareTimer(timer, { seconds, eachSecond: EACH_SECOND });
    const bare = await target.counts();

    const usual = await lateness(target, { eachSecond: EACH_SECOND, seconds, settings: {}, say });
    const busy = await lateness(target, { eachSecond: BUSY_EACH_SECOND, seconds, settings: BUSY_PLACES, say });
    return {
      figures: {
        slots: usual.slots + busy.slots,
        exactlyOnce: Math.min(usual.exactlyOnce, busy.exactlyOnce),
        p50LatenessMs: usual.p50LatenessMs,
        p99LatenessMs: usual.p99LatenessMs,
        p99SentLatenessMs: usual.p99SentLatenessMs,
        busyP50LatenessMs: busy.p50LatenessMs,
        busyP99LatenessMs: busy.p99LatenessMs,
        early: usual.early + busy.early,
        bareP50LatenessMs: bare.p50LatenessMs,
        bareP99LatenessMs: bare.p99LatenessMs,
      },
      targets: { exactlyOnce: { atLeast: 1 }, p99LatenessMs: { atMost: 35 } },
    };
  } finally {
    await target.stop();
  }
};

type Load = {
  readonly eachSecond: number;
  readonly seconds: number;
  readonly settings: Readonly<Record<string, string>>;
  readonly say: (line: string) => void;
};

/** Lateness of the calls of a server with this load. */
const lateness = async (target: BenchTarget, { settings, say, ...load }: Load) => {
  const slots = load.seconds * load.eachSecond;
  const server = await startBenchServer({ ALLOWED_TARGETS: '127.0.0.0/8', ...settings });
  try {
    const { log, counts } = await runSteady({ server, target, say }, { ...load, warmUpSeconds: WARM_UP_SECONDS });
    const exactlyOnce = exactness({ slots, target: counts, log, say });
    return { ...counts, slots, exactlyOnce, p99SentLatenessMs: log.p99LatenessMs };
  } finally {
    await server.stop();
  }
};
