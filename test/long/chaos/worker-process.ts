import { appendFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { createWorker } from '../../../packages/worker/src/worker.ts';
import { seededRandom } from '../../support/world.ts';
import type { Effect } from './torture-workers.ts';

/**
 * A worker of a torture. What it does is drawn from the attempt: it takes a moment, blocks its event loop for longer than a
 * lease, or fails. Each effect is in the file before the next can happen.
 */
const [, , url = '', token = '', queue = '', file = ''] = process.argv;
const LONGEST_MS = 3_000;
/** Longer than the leases of a torture's jobs. */
const BLOCKED_MS = 6_500;

const worker = createWorker({ url, token, queue, concurrency: 3, onError: () => {} });
worker.on('*', async ({ executionId, attempt, jobName, signal, progress }) => {
  const effect = (what: Effect['what']): void => {
    const written: Effect = { executionId, attempt, what, pid: process.pid, atMs: Date.now() };
    appendFileSync(file, `${JSON.stringify(written)}\n`);
  };
  effect('begun');
  const random = seededRandom(97 * executionId + attempt);
  const drawn = random.fraction();
  await progress({ drawn });
  if (drawn < 0.03) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, BLOCKED_MS);
  else await sleep(random.fraction() * LONGEST_MS, undefined, { signal });
  if (jobName.includes('retry') && drawn > 0.6) {
    effect('failed');
    throw new Error('not now');
  }
  effect('succeeded');
  return { drawn };
});
process.once('SIGTERM', () => void worker.stop());
