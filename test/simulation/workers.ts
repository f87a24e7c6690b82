import type { TakenWork } from '../../src/commands/execution/take-work.ts';
import type { Api } from './boot.ts';
import { WORK } from './carry-out.ts';
import { createDraw, type Draw } from './draw.ts';
import { type Plan, processesOf } from './plan.ts';
import type { Reports } from './reports.ts';
import type { Trace } from './trace.ts';
import type { VirtualTime } from './virtual-time.ts';

/** Work that a take gave to a worker. */
export type GivenWork = Pick<TakenWork, 'executionId' | 'jobId' | 'attempt' | 'token'> & {
  readonly worker: string;
  /** When the take was asked for that gave it first, and when that was answered. */
  readonly askedMs: number;
  readonly atMs: number;
};

type Options = {
  readonly plan: Plan;
  readonly time: VirtualTime;
  readonly trace: Trace;
  /** Undefined while that process is down. */
  readonly apiOf: (process: string) => Api | undefined;
  readonly send: Reports['send'];
};

/** The first one, whose jobs offer work. */
const QUEUE = { tenant: 'default', applicationId: 1, queue: WORK.queue };
/** Once it is calm, workers are well and soon done. */
const CALM_MS = 500;
const LEAST_PAUSE_MS = 200;
const PAUSE_MS = 900;

/**
 * Programs that take work by any process, and take again by the same id while they have no answer. Some forget what they
 * asked for or were given, or fall silent over it, some for a while.
 */
export const startWorkers = ({ plan, time, trace, apiOf, send }: Options): readonly GivenWork[] => {
  const given: GivenWork[] = [];
  const {
    count = 0,
    longestMs = 0,
    pauseMs = PAUSE_MS,
    forgetPercent = 0,
    silentPercent = 0,
  } = plan.weather.workers ?? {};
  const processes = processesOf(plan);
  const isIll = () => time.nowMs() < plan.calmFromMs;
  const actor = { type: 'user' as const, name: 'worker' };

  const work = (worker: string, { leaseMs, ...taken }: TakenWork, askedMs: number): void => {
    const { executionId, jobId, attempt, token } = taken;
    if (given.some((each) => each.token === token && each.worker === worker)) return;
    const held: GivenWork = { executionId, jobId, attempt, token, worker, askedMs, atMs: time.nowMs() };
    given.push(held);
    trace.note(worker, 'is given work', { executionId, attempt });
    const draw = createDraw(plan.seed, `work of ${worker}, ${token}`);
    if (isIll() && draw.chance(forgetPercent / 100)) return;
    const isSilent = isIll() && draw.chance(silentPercent / 100);
    const workMs = draw.between(0, isIll() ? longestMs : CALM_MS) + (isSilent ? 4 * leaseMs : 0);
    const wakesMs = draw.chance(0.5) ? 2 * leaseMs : workMs;
    let isOver = false;
    const beat = async (): Promise<void> => {
      const api = apiOf(draw.one(processes));
      if (api === undefined || isOver) return;
      const input = { worker: { id: worker }, running: [{ executionId, token }] };
      const response = await api.beatWork(QUEUE, input).catch(() => undefined);
      if (isOver || response === undefined) return;
      isOver = response.cancel.length + response.lost.length > 0;
      if (response.cancel.length > 0) send(held, 'cancelled', draw);
    };
    for (let atMs = isSilent ? wakesMs : 0; atMs < workMs; atMs += leaseMs / 4) time.after(atMs, () => void beat());
    time.after(workMs, () => {
      if (!isOver) send(held, isIll() && draw.chance(0.2) ? 'failed' : 'succeeded', draw);
      isOver = true;
    });
  };

  const live = (worker: string, draw: Draw): void => {
    let takeId = newTakeId(draw);
    const take = async (): Promise<void> => {
      const api = apiOf(draw.one(processes));
      if (api === undefined) return;
      const [askedMs, requested] = [time.nowMs(), takeId];
      const of = {
        ...QUEUE,
        actor,
        authorizeAgain: async () => {},
        worker: { id: worker },
        tasks: [WORK.task],
        most: draw.between(1, 3),
        wait: draw.one([0, '2s']),
      };
      try {
        for (const each of await api.takeWork({ ...of, takeId: requested })) work(worker, each, askedMs);
        if (takeId === requested) takeId = newTakeId(draw);
      } catch {
        if (draw.chance(forgetPercent / 100)) takeId = newTakeId(draw);
      }
    };
    const again = (): void => {
      void take();
      time.after(draw.between(LEAST_PAUSE_MS, isIll() ? pauseMs : PAUSE_MS), again);
    };
    again();
  };

  for (let number = 1; number <= count; number++) {
    const worker = `worker-${number}`;
    time.after(1_000, () => live(worker, createDraw(plan.seed, worker)));
  }
  return given;
};

const LETTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
const newTakeId = (draw: Draw): string => Array.from({ length: 43 }, () => draw.one([...LETTERS])).join('');
