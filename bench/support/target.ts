import { fork } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { z } from 'zod';

/** `null` is how JSON writes the NaN of no calls at all. */
const Quantile = z
  .number()
  .nullable()
  .transform((value) => value ?? Number.NaN);
const Counts = z.object({
  calls: z.int(),
  slots: z.int(),
  twice: z.int(),
  /** From the slot to the arrival of its call. */
  p50LatenessMs: Quantile,
  p99LatenessMs: Quantile,
  longestLatenessMs: Quantile,
  /** Calls that came before their slot. */
  early: z.int(),
});
export type Counts = z.infer<typeof Counts>;

export type BenchTarget = {
  readonly origin: string;
  /** How many have come in, without what it costs to sort them. */
  calls(): Promise<number>;
  counts(): Promise<Counts>;
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
    calls: async () => z.int().parse(await (await fetch(`${origin}/calls`)).json()),
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
