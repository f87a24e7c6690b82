import { Agent } from 'node:http';
import axios from 'axios';

/** Calls a second that a bare axios loop makes, by its http adapter and with so many under way: what nothing that also stores can beat by much. */
export const bareAxiosPerSecond = async (origin: string, calls: number, underWay: number): Promise<number> => {
  const client = axios.create({
    adapter: 'http',
    httpAgent: new Agent({ keepAlive: true, maxSockets: underWay }),
    proxy: false,
    validateStatus: () => true,
  });
  let left = calls;
  const worker = async (): Promise<void> => {
    while (left-- > 0) await client.post(`${origin}/bare`, { hello: 'world' });
  };
  const startedMs = performance.now();
  await Promise.all(Array.from({ length: underWay }, worker));
  return (calls / (performance.now() - startedMs)) * 1_000;
};
