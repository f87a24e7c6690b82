import { fork } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { z } from 'zod';

const Counts = z.object({ calls: z.int(), slots: z.int(), twice: z.int() });

export type BenchTarget = {
  readonly origin: string;
  counts(): Promise<z.infer<typeof Counts>>;
  reset(): Promise<void>;
  stop(): Promise<void>;
};

export const startBenchTarget = async (): Promise<BenchTarget> => {
  const child = fork(path.join(import.meta.dirname, 'target-process.ts'));
  const [message] = await once(child, 'message');
  const { port } = z.object({ port: z.int() }).parse(message);
  const origin = `http://127.0.0.1:${port}`;
  return {
    origin,
    counts: async () => Counts.parse(await (await fetch(`${origin}/counts`)).json()),
    reset: async () => {
      await fetch(`${origin}/reset`);
    },
    stop: async () => {
      const gone = once(child, 'exit');
      child.disconnect();
      await gone;
    },
  };
};
