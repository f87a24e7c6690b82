import { CatchUp } from '../../src/domain/events/index.ts';
import { createDraw, type Drawing } from './draw.ts';
import type { Plan, PlannedCommand } from './plan.ts';

type Drawn = Pick<Plan, 'commands' | 'faults'> & Drawing;

const SCOPES = ['installation', 'tenant', 'application', 'target', 'job'] as const;
const CATCH_UPS = CatchUp.options;
/** Above the numbers of jobs, and of what is asked of their application. */
const FIRST_OF_PAUSES = 200;

/**
 * Has jobs paused for a while; all pauses end before it is calm. By draws of its own: seeds without it have the plans
 * that they had before. Where the common clock is put back, a pause would outlast the simulation.
 */
export const withPauses = (seed: number, { commands, faults, names, untilMs }: Drawn): PlannedCommand[] => {
  const draw = createDraw(seed, 'pauses');
  const catchUps = createDraw(seed, 'catch-ups');
  const starts = createDraw(seed, 'starts of pauses');
  const isPutBack = faults.some((fault) => fault.kind === 'clock' && fault.process === 'postgres');
  if (isPutBack) return [...commands];
  const withQueues = [...commands, ...pausesOfQueue(seed, { commands, names, untilMs })];
  if (!draw.chance(0.3)) return withQueues;
  const jobs = new Set(commands.flatMap(({ ask: request, job }) => (request.kind === 'create' ? [job] : []))).size;
  const pauses = Array.from({ length: draw.between(1, 4) }, (_, index): PlannedCommand[] => {
    const atMs = draw.between(5_000, untilMs - 4_000);
    const forMs = draw.between(1_500, Math.min(20_000, untilMs - atMs));
    const catchUp = catchUps.one(CATCH_UPS);
    const afterMs = starts.chance(0.4)
      ? { afterMs: starts.between(-1_000, Math.min(15_000, untilMs - atMs - forMs)) }
      : {};
    const number = FIRST_OF_PAUSES + 2 * index;
    const whom = { scope: draw.one(SCOPES), ofJob: draw.between(0, jobs - 1) };
    const request = { kind: 'pause' as const, ...whom, ...afterMs, forMs, catchUp };
    const pause = { atMs, process: draw.one(names), job: number, ask: request };
    const liftMs = atMs + draw.between(500, forMs);
    const lift = { atMs: liftMs, process: draw.one(names), job: number + 1, ask: { kind: 'lift' as const } };
    return draw.chance(0.5) ? [pause, lift] : [pause];
  });
  return [...withQueues, ...pauses.flat()];
};

const FIRST_OF_QUEUE_PAUSES = FIRST_OF_PAUSES + 50;

/** Offers that were made before are left in a pause, and workers ask for them. */
const pausesOfQueue = (
  seed: number,
  { commands, names, untilMs }: Omit<Drawn, 'faults'>,
): readonly PlannedCommand[] => {
  const draw = createDraw(seed, 'pauses of queues');
  const count = commands.some(({ isWork }) => isWork) ? draw.between(0, 3) : 0;
  return Array.from({ length: count }, (_, index) => {
    const atMs = draw.between(8_000, untilMs - 4_000);
    const forMs = draw.between(4_000, Math.min(15_000, untilMs - atMs));
    const request = { kind: 'pause', scope: 'target', ofJob: 0, forMs } as const;
    return { atMs, process: draw.one(names), job: FIRST_OF_QUEUE_PAUSES + index, ask: request, isWork: true };
  });
};
