import { QueryAbandoned, QueryTooSlow } from '../../../db/reader.ts';
import type { Closure } from '../../../domain/closure/closure.ts';
import { compileSchedule, type Schedule, scheduleKey } from '../../../domain/schedule/index.ts';
import type { Turns } from '../../turns.ts';
import type { SlotsAhead } from '../port/overview.ts';
import type { SlotJob } from './slot-index.ts';

type CountInput = SlotsAhead & {
  readonly nowMs: number;
  readonly others: Turns;
  /** Aborted when nobody waits for the counts any more. */
  readonly signal: AbortSignal | undefined;
};

/** Jobs that have the same slots, and are closed at the same times. */
type AlikeJobs = {
  readonly schedule: Schedule;
  readonly closures: readonly Closure[];
  /** How many more slots each of them calls. */
  readonly runsLeft: number;
  jobs: number;
};

/** So many slots and closures take about two seconds. */
const MOST_LOOKS = 1_000_000;
const LOOKS_OF_A_TURN = 256;

/**
 * Counts the slots of jobs that come due, in each part of the time ahead, without those in closures. Jobs that are alike
 * are counted once.
 * @throws QueryTooSlow, QueryAbandoned
 */
export const countSlots = async (
  jobs: readonly SlotJob[],
  { nowMs, lengthMs, parts, others, signal }: CountInput,
): Promise<number[]> => {
  const untilMs = nowMs + lengthMs;
  const counts = Array.from({ length: parts }, () => 0);
  const partMs = lengthMs / parts;
  let looks = 0;
  for (const { schedule, closures, runsLeft, jobs: count } of await alikeOf(jobs, { nowMs, untilMs, others })) {
    let closed = 0;
    let slotMs = schedule.next(nowMs);
    for (let taken = 0; slotMs !== undefined && slotMs <= untilMs && taken < runsLeft; ) {
      looks += 1;
      if (looks > MOST_LOOKS) throw new QueryTooSlow('too many slots come due in this time: ask for fewer minutes');
      if (looks % LOOKS_OF_A_TURN === 0) await others.haveTheirTurn();
      if (signal?.aborted) throw new QueryAbandoned('the caller is gone');
      const closure = closures[closed];
      if (closure !== undefined && closure.untilMs <= slotMs) closed += 1;
      else if (closure !== undefined && closure.fromMs <= slotMs) slotMs = schedule.next(closure.untilMs - 1);
      else {
        const part = Math.min(parts - 1, Math.max(0, Math.ceil((slotMs - nowMs) / partMs) - 1));
        counts[part] = (counts[part] ?? 0) + count;
        taken += 1;
        slotMs = schedule.next(slotMs);
      }
    }
  }
  return counts;
};

type AlikeInput = Pick<CountInput, 'nowMs' | 'others'> & { readonly untilMs: number };

const alikeOf = async (
  jobs: readonly SlotJob[],
  { nowMs, untilMs, others }: AlikeInput,
): Promise<readonly AlikeJobs[]> => {
  const alike = new Map<string, AlikeJobs>();
  for (const job of jobs) {
    await others.haveTheirTurn();
    const closures = job.closures(nowMs, untilMs);
    const runsLeft = job.maxRuns === undefined ? Number.POSITIVE_INFINITY : job.maxRuns - job.runs;
    const spans = closures.map(({ fromMs, untilMs }) => `${fromMs} ${untilMs}`);
    const key = [scheduleKey(job), runsLeft, ...spans].join('\n');
    const known = alike.get(key);
    if (known === undefined) alike.set(key, { schedule: compileSchedule(job), closures, runsLeft, jobs: 1 });
    else known.jobs += 1;
  }
  return [...alike.values()];
};
