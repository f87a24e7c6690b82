import { setTimeout as sleep } from 'node:timers/promises';
import type { Bench } from './harness.ts';
import { bareTimer } from './support/bare-axios.ts';
import { exactness } from './support/exactness.ts';
import { createJobs } from './support/jobs.ts';
import { readLedger } from './support/ledger.ts';
import { type BenchServer, startBenchServer } from './support/server.ts';
import { settled } from './support/settled.ts';
import { startBenchTarget } from './support/target.ts';

const EACH_SECOND = 200;
const WARM_UP_SECONDS = 5;
/** Far more than it takes to make the jobs on a quiet machine. */
const MAKING_SECONDS = 5;

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

    const { jobIds, fromMs, untilMs } = await makeInTime({ server, origin: target.origin, seconds, say });
    await sleep(fromMs - 500 - Date.now());
    await target.reset();
    await sleep(untilMs - Date.now());
    await settled(server);
    const counts = await target.counts();
    const log = await readLedger(server, { jobIds, fromMs, untilMs });
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

type Made = { readonly jobIds: ReadonlySet<number>; readonly fromMs: number; readonly untilMs: number };
type Making = {
  readonly server: BenchServer;
  readonly origin: string;
  readonly seconds: number;
  readonly say: (line: string) => void;
};

/** Makes the jobs long enough before their time begins for them to warm up; once more, later, where that took too long. */
const makeInTime = async ({ server, origin, seconds, say }: Making): Promise<Made> => {
  for (let beginMs = Date.now(), makingSeconds = MAKING_SECONDS; ; makingSeconds *= 2) {
    const fromMs = Math.ceil(beginMs / 1_000 + makingSeconds + WARM_UP_SECONDS) * 1_000;
    const untilMs = fromMs + seconds * 1_000;
    say(`${EACH_SECOND} jobs every second, ${seconds} s from ${new Date(fromMs).toISOString()} on`);
    const endAt = new Date(untilMs - 1).toISOString();
    const jobIds = await createJobs(server, { origin, count: EACH_SECOND, pattern: '* * * * * *', endAt });
    if (Date.now() <= fromMs - 1_000 * WARM_UP_SECONDS) return { jobIds, fromMs, untilMs };
    say(`it took over ${makingSeconds} s to make them: once more, with more time, when these have ended`);
    beginMs = Math.max(Date.now(), untilMs);
  }
};
