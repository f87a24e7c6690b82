import type { EventOf, LateReason, OfferedWork, OpenExecution, WorkerJobSnapshot } from '../events/index.ts';
import type { RunRules } from '../job/rules.ts';
import { type Sealed, toInstant, toMs } from '../values.ts';
import { LATE_AFTER_MS } from './lateness.ts';
import { executionOf, type JobRef } from './range.ts';
import { type Runs, tailOf, withExecution } from './tail.ts';

/**
 * Work for a program's own functions. An engine offers it, and whoever takes it first reports its end:
 *
 *     running ─► offered ─► awaiting (taken) ─► succeeded | pending (retry) | failed | cancelled
 *                   └─────► cancelled (withdrawn)
 */

/** Prepared work and the queue that it is offered to. */
export type Offer = {
  readonly to: string;
  readonly work: Sealed | OfferedWork;
  readonly jobSnapshot: WorkerJobSnapshot;
};

type OfferInput = {
  readonly job: JobRef;
  readonly rules: RunRules;
  readonly execution: OpenExecution;
  readonly offer: Offer;
  readonly offeredAtMs: number;
  /** When its slot was due, epoch ms. */
  readonly dueMs: number;
  /** Why the offer is late. */
  readonly late: LateReason | undefined;
};

/** Records that an engine offered the work of an attempt. The engine runs it no more. */
export const offerWork = (
  runs: Runs,
  { job, rules, execution, offer, offeredAtMs, dueMs, late }: OfferInput,
): EventOf<'WorkOffered'> => {
  const isFirstOfSlot = execution.trigger === 'schedule' && execution.attempt === 1;
  const untilMs = isFirstOfSlot ? lastCallMs(dueMs, rules) : lastRetryMs(execution, rules);
  const expiresAt = untilMs === undefined ? {} : { expiresAt: toInstant(untilMs) };
  const leaseMs = rules.heartbeatTimeoutMs ?? 0;
  const offered: OpenExecution = {
    ...execution,
    state: 'offered',
    leaseMs,
    ...expiresAt,
    ...(isFirstOfSlot ? { lateFrom: toInstant(dueMs + LATE_AFTER_MS) } : {}),
    ...(late === undefined ? {} : { late }),
  };
  return {
    type: 'WorkOffered',
    data: {
      ...executionOf(job, offered),
      attempt: offered.attempt,
      offeredAt: toInstant(offeredAtMs),
      ...offer,
      leaseMs,
      deadlineMs: rules.deadlineMs,
      ...expiresAt,
      tail: tailOf(withExecution(runs, offered)),
    },
  };
};

const lastCallMs = (dueMs: number, { maxLatenessMs }: RunRules): number | undefined =>
  maxLatenessMs === undefined ? undefined : dueMs + maxLatenessMs;

/** Until when a further attempt can begin. */
const lastRetryMs = ({ firstStartedAt }: OpenExecution, { retry }: RunRules): number | undefined =>
  firstStartedAt === undefined || retry.maxElapsedMs === undefined
    ? undefined
    : toMs(firstStartedAt) + retry.maxElapsedMs;

/** The queue and the task of offered work. */
export const namesOfWork = ({
  jobSnapshot,
  to,
}: Pick<EventOf<'WorkOffered'>['data'], 'jobSnapshot' | 'to'>): { readonly queue: string; readonly task: string } =>
  jobSnapshot.taskType === 'WorkerTask'
    ? { queue: jobSnapshot.queue, task: jobSnapshot.task }
    : { queue: to, task: '' };

export type Take = {
  readonly executionId: number;
  readonly attempt: number;
  readonly worker: string;
  readonly takeHash: string;
  readonly tokenHash: string;
};

type TakeInput = {
  readonly job: JobRef;
  readonly take: Take;
  /** How long the worker can work in all, ms. */
  readonly deadlineMs: number;
  readonly isPaused: boolean;
  readonly nowMs: number;
};

/** Whether an attempt is offered and does not wait for the end of a pause, as work does that is not forced. */
export const isTakeable = (open: OpenExecution | undefined, isPaused: boolean): open is OpenExecution =>
  open?.state === 'offered' && (!isPaused || open.forced === true);

/** Takes offered work for a worker; records nothing if the attempt can't be taken. */
export const takeWork = (runs: Runs, { job, take, deadlineMs, isPaused, nowMs }: TakeInput): EventOf<'WorkTaken'>[] => {
  const { executionId, attempt, ...taken } = take;
  const open = runs.open.find((each) => each.executionId === executionId && each.attempt === attempt);
  if (!isTakeable(open, isPaused)) return [];
  if (open.expiresAt !== undefined && nowMs > toMs(open.expiresAt)) return [];
  const { expiresAt: _, lateFrom, late: offeredLate, ...kept } = open;
  const takenAt = toInstant(nowMs);
  const deadlineAt = toInstant(nowMs + deadlineMs);
  const isLate = lateFrom !== undefined && nowMs > toMs(lateFrom);
  const late = isLate ? { late: offeredLate ?? ('NO_WORKER' as const) } : {};
  const awaiting: OpenExecution = { ...kept, ...taken, ...late, state: 'awaiting', acceptedAt: takenAt, deadlineAt };
  return [
    {
      type: 'WorkTaken',
      data: {
        ...executionOf(job, awaiting),
        attempt,
        takenAt,
        ...taken,
        deadlineAt,
        ...late,
        tail: tailOf(withExecution(runs, awaiting)),
      },
    },
  ];
};

/** Whether a worker has an attempt, which it was given by a take. */
export const isTaken = ({ state, worker }: OpenExecution): boolean => state === 'awaiting' && worker !== undefined;
