import { spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { z } from 'zod';

const Said = z.union([z.object({ state: z.string(), why: z.string() }), z.object({ caughtUp: z.string() })]);
type Said = z.infer<typeof Said>;

/** How the process speaks to its parent. */
export const tell = (said: Said): void => console.log(JSON.stringify(said));

export type PublisherChild = {
  /** Resolves once it has said so, now or earlier. */
  said(holds: (said: Said) => boolean): Promise<void>;
  /** SIGKILL; resolves when it is gone. */
  kill(): Promise<void>;
  /** Ends it as an operator would. */
  stop(): Promise<void>;
};

type Of = {
  readonly url: string;
  readonly brokers: readonly string[];
  readonly topicPrefix: string;
  readonly logId: string;
};

export const isState = (state: string) => (said: Said) => 'state' in said && said.state === state;
export const hasReached = (position: string) => (said: Said) => 'caughtUp' in said && said.caughtUp >= position;

export const startPublisherChild = ({ url, brokers, topicPrefix, logId }: Of): PublisherChild => {
  const program = path.join(import.meta.dirname, 'publisher-process.ts');
  const child = spawn(process.execPath, [program, url, brokers.join(','), topicPrefix, logId], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const exited = once(child, 'exit');
  const heard: Said[] = [];
  const waiting = new Set<() => void>();
  createInterface({ input: child.stdout }).on('line', (line) => {
    heard.push(Said.parse(JSON.parse(line)));
    for (const look of waiting) look();
  });
  return {
    said: (holds) =>
      new Promise((resolve, reject) => {
        const look = () => {
          if (!heard.some(holds)) return;
          waiting.delete(look);
          resolve();
        };
        waiting.add(look);
        exited.then(() => reject(new Error(`the publisher ended; it said ${JSON.stringify(heard.slice(-5))}`)), reject);
        look();
      }),
    kill: async () => {
      child.kill('SIGKILL');
      await exited;
    },
    stop: async () => {
      child.stdin.end();
      await exited;
    },
  };
};
