import { createRequire } from 'node:module';
import { setTimeout as sleep } from 'node:timers/promises';
import { followPlans, post, UNDER_WAY } from './peer-program.ts';

type Work = { readonly origin: string; readonly job: number; readonly slotMs: number };
/** What is used of it: it is installed for the bench alone. */
type Boss = {
  start(): Promise<unknown>;
  createQueue(name: string): Promise<void>;
  insert(jobs: readonly { readonly name: string; readonly data: Work; readonly startAfter: string }[]): Promise<void>;
  fetch(
    name: string,
    options: { readonly batchSize: number },
  ): Promise<readonly { readonly id: string; readonly data: Work }[]>;
  complete(name: string, ids: readonly string[]): Promise<void>;
};

const NAME = 'calls';
const IN_A_BULK = 1_000;
/** Fetch and complete beside each other, so that calls go on in the meantime. */
const FETCHERS = 4;
const POLL_INTERVAL_MS = 50;

/** pg-boss with undici: its own `work` would wait half a second between polls. Only for jobs that are due once. */
const [url = '', folder = ''] = process.argv.slice(2);
const Boss: new (url: string) => Boss = createRequire(`${folder}/`)('pg-boss');
const boss = new Boss(url);
await boss.start();
await boss.createQueue(NAME);
let onOutcome = () => {};

const fetchForever = async (): Promise<void> => {
  for (;;) {
    const jobs = await boss.fetch(NAME, { batchSize: UNDER_WAY / FETCHERS });
    await Promise.all(jobs.map(({ data: { origin, ...slot } }) => post(origin, slot)));
    if (jobs.length === 0) await sleep(POLL_INTERVAL_MS);
    else
      await boss.complete(
        NAME,
        jobs.map(({ id }) => id),
      );
    for (const _ of jobs) onOutcome();
  }
};
for (let each = 0; each < FETCHERS; each++) void fetchForever();

followPlans(async ({ jobs, fromMs, origin }, whenKept) => {
  onOutcome = whenKept;
  const startAfter = new Date(fromMs).toISOString();
  const made = Array.from({ length: jobs }, (_, job) => ({
    name: NAME,
    data: { origin, job, slotMs: fromMs },
    startAfter,
  }));
  for (let from = 0; from < jobs; from += IN_A_BULK) await boss.insert(made.slice(from, from + IN_A_BULK));
});
