import { setTimeout as sleep } from 'node:timers/promises';
import type { BenchOptions } from '../harness.ts';
import { type CpuUse, cpuMsOf, cpuUse } from './cpu.ts';
import { createApplication } from './jobs.ts';
import { type Fired, readLedger } from './ledger.ts';
import { seedJobs } from './seed-jobs.ts';
import type { BenchEngine, BenchServer } from './server.ts';
import { settled } from './settled.ts';
import type { BenchTarget, Counts } from './target.ts';

export type Storm = {
  readonly server: BenchServer;
  /** Further processes, if engines have their own. */
  readonly engines?: readonly BenchEngine[];
  readonly target: BenchTarget;
  readonly say: BenchOptions['say'];
};
export type Stormed = {
  readonly log: Fired;
  readonly counts: Counts;
  readonly dueMs: number;
  readonly settledMs: number;
  /** From shortly before the jobs were due until all was recorded and in the read models. */
  readonly cpu: CpuUse & { readonly enginesMs: number };
};

/** Jobs that go into the log and the read models in a second, at least, by which the due time is set. */
const SEEDED_PER_SECOND = 1_000;
const GIVE_UP_MS = 60_000;
const BEFORE_DUE_MS = 200;

/**
 * Runs a number of jobs that are all due at the same instant, each a POST with a small body, written directly into the log.
 */
export const runStorm = async ({ server, engines = [], target, say }: Storm, count: number): Promise<Stormed> => {
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
  await sleep(dueMs - BEFORE_DUE_MS - Date.now());
  const used = () => ({ ...cpuUse(server), enginesMs: engines.reduce((sum, { pid }) => sum + cpuMsOf(pid), 0) });
  const before = used();
  await sleep(dueMs - Date.now());
  while ((await target.calls()) < count) {
    if (Date.now() > dueMs + GIVE_UP_MS) break;
    await sleep(100);
  }
  const settledMs = await settled(server);
  const after = used();
  const cpu = {
    serverMs: after.serverMs - before.serverMs,
    postgresMs: after.postgresMs - before.postgresMs,
    enginesMs: after.enginesMs - before.enginesMs,
  };
  return { log: await readLedger(server, { jobIds }), counts: await target.counts(), dueMs, settledMs, cpu };
};

const patternAt = (due: Date): string =>
  [due.getUTCSeconds(), due.getUTCMinutes(), due.getUTCHours(), due.getUTCDate(), due.getUTCMonth() + 1, '*'].join(' ');
