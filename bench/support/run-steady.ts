import { setTimeout as sleep } from 'node:timers/promises';
import { type CpuUse, cpuUse } from './cpu.ts';
import { createJobs } from './jobs.ts';
import { type Fired, readLedger } from './ledger.ts';
import type { Storm } from './run-storm.ts';
import { settled } from './settled.ts';
import type { Counts } from './target.ts';

export type SteadyLoad = {
  readonly eachSecond: number;
  readonly seconds: number;
  /** For which the jobs fire before it counts. */
  readonly warmUpSeconds: number;
};
export type Steady = {
  /** The first slot that counts, epoch ms. */
  readonly fromMs: number;
  readonly log: Fired;
  readonly counts: Counts;
  /** From shortly before the first of the slots until all was recorded and in the read models. */
  readonly cpu: CpuUse;
};

/** Far more than it takes to make the jobs on a quiet machine. */
const MAKING_SECONDS = 5;
const BEFORE_MS = 500;

/** Runs a number of jobs that are due every second, for some seconds after a warm-up. */
export const runSteady = async (sides: Omit<Storm, 'engines'>, load: SteadyLoad): Promise<Steady> => {
  const { server, target } = sides;
  const { jobIds, fromMs, untilMs } = await makeInTime(sides, load);
  await sleep(fromMs - BEFORE_MS - Date.now());
  await target.reset();
  const before = cpuUse(server);
  await sleep(untilMs - Date.now());
  await settled(server);
  const after = cpuUse(server);
  const cpu = { serverMs: after.serverMs - before.serverMs, postgresMs: after.postgresMs - before.postgresMs };
  return { fromMs, log: await readLedger(server, { jobIds, fromMs, untilMs }), counts: await target.counts(), cpu };
};

type Made = { readonly jobIds: ReadonlySet<number>; readonly fromMs: number; readonly untilMs: number };

/** Creates the jobs early enough for their warm-up; repeats it with a later time if that took too long. */
const makeInTime = async (
  { server, target: { origin }, say }: Omit<Storm, 'engines'>,
  { eachSecond, seconds, warmUpSeconds }: SteadyLoad,
): Promise<Made> => {
  for (let beginMs = Date.now(), makingSeconds = MAKING_SECONDS; ; makingSeconds *= 2) {
    const fromMs = Math.ceil(beginMs / 1_000 + makingSeconds + warmUpSeconds) * 1_000;
    const untilMs = fromMs + seconds * 1_000;
    say(`${eachSecond} jobs every second, ${seconds} s from ${new Date(fromMs).toISOString()} on`);
    const endAt = new Date(untilMs - 1).toISOString();
    const jobIds = await createJobs(server, { origin, count: eachSecond, pattern: '* * * * * *', endAt });
    if (Date.now() <= fromMs - 1_000 * warmUpSeconds) return { jobIds, fromMs, untilMs };
    say(`it took over ${makingSeconds} s to make them: once more, with more time, when these have ended`);
    beginMs = Math.max(Date.now(), untilMs);
  }
};
