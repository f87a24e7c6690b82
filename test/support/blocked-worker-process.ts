import { existsSync } from 'node:fs';
import { z } from 'zod';
import { createWorker } from '../../packages/worker/src/worker.ts';

/** Runs pieces of work that block the event loop until the file of its input exists. */
const [, , url = ''] = process.argv;
const worker = createWorker({ url, token: 'secret', queue: 'crm/reports', concurrency: 2 });
worker.on('block', z.string(), ({ input }) => {
  while (!existsSync(input));
  void worker.stop();
});
