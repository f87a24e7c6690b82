import { Agent } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import axios from 'axios';

export type Bare = { readonly origin: string; readonly requestInProgress: number };

const bareClient = (requestInProgress: number) =>
  axios.create({
    adapter: 'http',
    httpAgent: new Agent({ keepAlive: true, maxSockets: requestInProgress }),
    proxy: false,
    validateStatus: () => true,
  });

/**
 * Calls per second of a bare axios loop with its http adapter and a number of simultaneous calls, after a tenth of the calls
 * to warm up, without schedule and storage.
 */
export const bareAxiosPerSecond = async ({ origin, requestInProgress }: Bare, calls: number): Promise<number> => {
  const client = bareClient(requestInProgress);
  const make = async (count: number): Promise<void> => {
    let left = count;
    const worker = async (): Promise<void> => {
      while (left-- > 0) await client.post(`${origin}/bare`, { hello: 'world' });
    };
    await Promise.all(Array.from({ length: requestInProgress }, worker));
  };
  await make(calls / 10);
  const startedMs = performance.now();
  await make(calls);
  return (calls / (performance.now() - startedMs)) * 1_000;
};

/** An in-memory timer with axios: a number of calls at each full second from the next one on, without storage. */
export const bareTimer = async (
  { origin, requestInProgress }: Bare,
  { seconds, eachSecond }: { seconds: number; eachSecond: number },
): Promise<void> => {
  const client = bareClient(requestInProgress);
  const calls: Promise<unknown>[] = [];
  const firstMs = Math.ceil(Date.now() / 1_000) * 1_000;
  for (let second = 0; second < seconds; second++) {
    const dueMs = firstMs + second * 1_000;
    while (Date.now() < dueMs) await sleep(dueMs - Date.now());
    const scheduledAt = new Date(dueMs).toISOString();
    for (let job = 0; job < eachSecond; job++) {
      const headers = { 'Carillon-Job': job, 'Carillon-Scheduled-At': scheduledAt };
      calls.push(client.post(`${origin}/bare`, { hello: 'world' }, { headers }));
    }
  }
  await Promise.all(calls);
};
