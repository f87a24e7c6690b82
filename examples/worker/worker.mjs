// A worker in 20 lines: runs the work of the queue sample/reports. `npm install @carillon/worker`, then
// CARILLON_SERVER=http://127.0.0.1:3000 CARILLON_TOKEN=… node worker.mjs
import { createWorker, NonRetryable } from '@carillon/worker';

const worker = createWorker({
  url: process.env.CARILLON_SERVER ?? 'http://127.0.0.1:3000',
  token: process.env.CARILLON_TOKEN ?? '',
  queue: 'sample/reports',
  concurrency: 10,
});

worker.on('send-report', async ({ input, scheduledAt, progress }) => {
  if (input?.day === undefined) throw new NonRetryable('the input has no day');
  await progress({ percent: 50 });
  console.log(`The report of ${input.day} is sent, which was due at ${scheduledAt}`);
  return { sent: 1 };
});

// Ends what runs, and reports it.
for (const signal of ['SIGTERM', 'SIGINT']) process.once(signal, () => worker.stop());
