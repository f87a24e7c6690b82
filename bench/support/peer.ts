import { fork } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { z } from 'zod';
import { childrenOf, cpuMsOfAll } from './cpu.ts';
import { balance, wrongAtTarget } from './exactness.ts';
import { residentMb } from './memory.ts';
import { Ended, type PeerPlan, Ready } from './peer-program.ts';
import type { SteadyLoad } from './run-steady.ts';
import type { Side, SideRun, Surroundings } from './side.ts';

/** What a peer keeps its jobs in, and where its package is if it was installed for the bench alone. */
export type Store = { readonly url: string; readonly pid: number; readonly folder?: string; stop(): Promise<void> };

/** Jobs that a peer makes in a second, at least, by which the due time is set. */
const MADE_PER_SECOND = 250;
const BEFORE_DUE_MS = 200;

/** A peer in a process of its own, by the program beside this file. */
export const startPeer = ({ target, say }: Surroundings, program: string, store?: Store): Side => {
  const child = fork(
    path.join(import.meta.dirname, program),
    store === undefined ? [] : [store.url, store.folder ?? ''],
  );
  const pids = [child.pid ?? 0, ...(store === undefined ? [] : [store.pid])];
  const exited = once(child, 'exit');
  const died = exited.then(([code]) => Promise.reject(new Error(`${program} has ended with ${code}`)));
  died.catch(() => {});
  const next = async <T>(schema: z.ZodType<T>): Promise<T> => {
    const [message] = await Promise.race([once(child, 'message'), died]);
    return schema.parse(message);
  };
  const cpuMs = (): number => pids.reduce((sum, pid) => sum + cpuMsOfAll(pid), 0);

  const run = async ({ eachSecond: jobs, seconds, warmUpSeconds }: SteadyLoad): Promise<SideRun> => {
    const beginMs = Math.ceil((Date.now() + (jobs / MADE_PER_SECOND) * 1_000 + 5_000) / 1_000) * 1_000;
    const fromMs = beginMs + warmUpSeconds * 1_000;
    const plan: PeerPlan = { jobs, fromMs: beginMs, untilMs: fromMs + seconds * 1_000, origin: target.origin };
    child.send(plan);
    await next(Ready);
    const end = next(Ended);
    end.catch(() => {});
    if (Date.now() > beginMs - BEFORE_DUE_MS) throw new Error('the jobs were not there before they were due');
    await sleep(fromMs - BEFORE_DUE_MS - Date.now());
    await target.reset();
    const before = cpuMs();
    const { outcomes, lastOutcomeMs } = await end;
    const used = cpuMs() - before;
    const counts = await target.counts();
    const slotsWithoutOutcome = jobs * (warmUpSeconds + seconds) - outcomes;
    return {
      exactlyOnce: balance(
        { ...wrongAtTarget(jobs * seconds, counts), 'slots without an outcome': slotsWithoutOutcome },
        say,
      ),
      tookMs: lastOutcomeMs - fromMs,
      cpuMs: used,
      residentMb: residentMb(pids.flatMap((pid) => [pid, ...childrenOf(pid)])),
      counts,
    };
  };

  return {
    storm: (jobs) => run({ eachSecond: jobs, seconds: 1, warmUpSeconds: 0 }),
    steady: run,
    stop: async () => {
      child.disconnect();
      await exited;
      await store?.stop();
    },
  };
};
