import { z } from 'zod';
import type { BenchServer } from './server.ts';

const Created = z.object({ id: z.int() });
const CLIENTS = 32;

/** Creates so many jobs, a POST to the target each, with the pattern that the function gives. */
export const createJobs = async (
  server: BenchServer,
  { origin, count, patternOf }: { origin: string; count: number; patternOf: (index: number) => string },
): Promise<number[]> => {
  const application = Created.parse(await server.call('POST', '/applications', { name: `bench ${Date.now()}` }));
  const ids: number[] = [];
  let next = 0;
  const client = async (): Promise<void> => {
    while (next < count) {
      const index = next++;
      const job = await server.call('POST', '/jobs?consistency=eventual', {
        applicationId: application.id,
        name: `job ${index}`,
        pattern: patternOf(index),
        taskType: 'HttpInvokerTask',
        taskConfig: { endpoint: origin, path: `/work/${index}`, method: 'POST', body: { hello: 'world' } },
      });
      ids.push(Created.parse(job).id);
    }
  };
  await Promise.all(Array.from({ length: CLIENTS }, client));
  return ids;
};
