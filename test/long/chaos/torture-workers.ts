import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import type { Random } from '../../../src/runtime/runtime.ts';
import { type CuttableProxy, cuttableProxy } from '../../support/cuttable-proxy.ts';
import { tokenOf } from '../../support/service.ts';
import type { Installation } from './struck-engines.ts';
import { QUEUES } from './torture-jobs.ts';

/** What a worker did for an attempt. */
export type Effect = {
  readonly executionId: number;
  readonly attempt: number;
  readonly what: 'begun' | 'succeeded' | 'failed';
  readonly pid: number;
  /** When it did so, epoch ms. */
  readonly atMs: number;
};

/** A heartbeat as Postgres has it, epoch ms. */
export type SeenBeat = { readonly tokenHash: string; readonly beatenMs: number };

const STRIKES = [
  'kill a worker',
  'freeze a worker',
  'cut a worker off',
  'lose the responses to a worker',
  'stop a worker',
  'kill the API of workers',
  'freeze the API of workers',
] as const;
export type WorkerStrike = (typeof STRIKES)[number];
type WorkerSpan = { readonly kind: WorkerStrike; readonly fromMs: number; readonly toMs: number };

/** Workers in processes of their own, which are struck all the time, and so is the API process that they use. */
export type TortureWorkers = {
  readonly strikes: readonly WorkerSpan[];
  readonly beats: readonly SeenBeat[];
  /** Strikes no more. @returns workers that took no work afterwards, or didn't stop in order */
  calm(): Promise<string[]>;
  /** Stops the workers. @returns those that did not stop */
  stop(): Promise<string[]>;
  effects(): Promise<readonly Effect[]>;
  /** Ends whatever is left, at once. */
  clear(): Promise<void>;
};

type TortureWorker = {
  readonly name: string;
  readonly queue: string;
  readonly way: CuttableProxy;
  child: ChildProcess;
};

const WORKERS_A_QUEUE = 2;
const POLL_INTERVAL_MS = 300;
/** A take that was cut off is repeated after 10 s at the most. */
const TAKES_WITHIN_MS = 25_000;
/** A worker reports before it stops, which takes as long as Postgres is struck. */
const STOP_MS = 90_000;

type Options = {
  readonly random: Random;
  readonly installation: Installation;
  /** No strike lasts longer than this. */
  readonly longestMs: number;
  readonly say: (what: string) => void;
};

export const startTortureWorkers = async ({
  random,
  installation,
  longestMs,
  say,
}: Options): Promise<TortureWorkers> => {
  const dir = await mkdtemp(path.join(tmpdir(), 'carillon-workers-'));
  const file = path.join(dir, 'effects');
  const { door } = installation;
  const strikes: WorkerSpan[] = [];
  const stuck: string[] = [];
  const calmed = new AbortController();

  const start = (queue: string, { url }: CuttableProxy): ChildProcess => {
    const token = tokenOf({ sub: 'worker', permissions: ['scheduler:work'] });
    const args = [path.join(import.meta.dirname, 'worker-process.ts'), url, token, `ruled/${queue}`, file];
    return spawn(process.execPath, args, { stdio: 'inherit' });
  };
  const workers: TortureWorker[] = [];
  for (const queue of QUEUES.flatMap((each) => Array<string>(WORKERS_A_QUEUE).fill(each))) {
    const way = await cuttableProxy(() => door.service.url);
    workers.push({ name: `worker ${workers.length + 1} of ${queue}`, queue, way, child: start(queue, way) });
  }
  const killAll = (): void => {
    for (const { child } of workers) child.kill('SIGKILL');
  };
  process.once('exit', killAll);

  const effects = async (): Promise<Effect[]> =>
    existsSync(file)
      ? (await readFile(file, 'utf8'))
          .trim()
          .split('\n')
          .map((line) => JSON.parse(line))
      : [];

  const endInOrder = async ({ name, child }: TortureWorker): Promise<string[]> => {
    const exited = once(child, 'exit');
    child.kill('SIGTERM');
    const late = sleep(STOP_MS, ['late'], { ref: false });
    const [code, signal] = await Promise.race([exited, late]);
    // One that has only just begun ends by the signal itself.
    return code === 0 || signal === 'SIGTERM' ? [] : [`${name} stopped with ${code ?? signal}`];
  };

  const RUN: Readonly<Record<WorkerStrike, (worker: TortureWorker, forMs: number) => Promise<void>>> = {
    'kill a worker': async (worker, forMs) => {
      const exited = once(worker.child, 'exit');
      worker.child.kill('SIGKILL');
      await exited;
      await sleep(forMs / 2);
      worker.child = start(worker.queue, worker.way);
    },
    'freeze a worker': async ({ child }, forMs) => {
      child.kill('SIGSTOP');
      await sleep(forMs);
      child.kill('SIGCONT');
    },
    'cut a worker off': async ({ way }, forMs) => {
      way.cut();
      await sleep(forMs);
      way.mend();
    },
    'lose the responses to a worker': async ({ way }, forMs) => {
      way.mute();
      await sleep(forMs);
      way.mend();
    },
    'stop a worker': async (worker) => {
      stuck.push(...(await endInOrder(worker)));
      worker.child = start(worker.queue, worker.way);
    },
    'kill the API of workers': async (_, forMs) => {
      await door.service.end('SIGKILL');
      await sleep(forMs / 4);
      await installation.startAgain(door);
    },
    'freeze the API of workers': async (_, forMs) => {
      door.service.freeze();
      await sleep(forMs);
      door.service.thaw();
    },
  };

  const one = <T>(of: readonly T[]): T | undefined => of[Math.floor(random.fraction() * of.length)];
  const striking = (async () => {
    while (!calmed.signal.aborted) {
      const [kind, worker] = [one(STRIKES), one(workers)];
      if (kind === undefined || worker === undefined) continue;
      const forMs = Math.min(longestMs, random.fraction() * 12_000);
      say(`${kind}: ${worker.name}, ${(forMs / 1_000).toFixed(1)} s`);
      const fromMs = Date.now();
      await RUN[kind](worker, forMs);
      strikes.push({ kind, fromMs, toMs: Date.now() });
      await sleep(random.fraction() * 3_000, undefined, { signal: calmed.signal }).catch(() => {});
    }
  })();

  const watch = watchBeats(installation.log.databaseUrl);
  return {
    strikes,
    beats: watch.beats,
    calm: async () => {
      calmed.abort();
      await striking;
      const sinceMs = Date.now();
      const left = new Map(workers.map(({ name, child }) => [child.pid, name]));
      while (left.size > 0 && Date.now() - sinceMs < TAKES_WITHIN_MS) {
        await sleep(POLL_INTERVAL_MS);
        for (const { pid, atMs } of await effects()) if (atMs > sinceMs) left.delete(pid);
      }
      return [...stuck, ...[...left.values()].map((name) => `${name} took no work within ${TAKES_WITHIN_MS} ms`)];
    },
    stop: async () => {
      const late = await Promise.all(workers.map(endInOrder));
      await watch.stop();
      return late.flat();
    },
    effects,
    clear: async () => {
      process.removeListener('exit', killAll);
      calmed.abort();
      await watch.stop();
      killAll();
      await Promise.all(workers.map(({ way }) => way.close()));
      await rm(dir, { recursive: true, force: true });
    },
  };
};

/** Collects heartbeats from Postgres, as long as it is there: it keeps the last one of each attempt. */
const watchBeats = (connectionString: string) => {
  const beats: SeenBeat[] = [];
  const pool = new pg.Pool({ connectionString, max: 1, connectionTimeoutMillis: 1_000, query_timeout: 2_000 });
  pool.on('error', () => {});
  const stopped = new AbortController();
  const known = new Map<string, number>();
  const watching = (async () => {
    while (!stopped.signal.aborted) {
      const { rows } = await pool
        .query<{ hash: string; ms: number }>(
          `SELECT token_hash AS hash, (extract(epoch FROM beaten_at) * 1000)::float8 AS ms FROM work_beats
            WHERE beaten_at > now() - interval '10 s'`,
        )
        .catch(() => ({ rows: [] }));
      for (const { hash, ms } of rows) {
        if (known.get(hash) === ms) continue;
        known.set(hash, ms);
        beats.push({ tokenHash: hash, beatenMs: ms });
      }
      await sleep(POLL_INTERVAL_MS, undefined, { signal: stopped.signal }).catch(() => {});
    }
  })();
  return {
    beats,
    stop: async () => {
      if (stopped.signal.aborted) return;
      stopped.abort();
      await watching;
      await pool.end();
    },
  };
};
