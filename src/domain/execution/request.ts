import { defined } from '../defined.ts';
import type { EventOf, OpenExecution, RunEvent, RunInput, Trigger, WaitReason } from '../events/index.ts';
import type { RunRules } from '../job/rules.ts';
import { rejectExpiredSlot } from '../retention/expire-executions.ts';
import { toInstant, toMs } from '../values.ts';
import { cancelForNewer } from './cancel.ts';
import { dueOfMs } from './lateness.ts';
import { cancelled } from './outcome.ts';
import { roomBeside } from './overlap-decision.ts';
import { executionOf, type JobRef } from './range.ts';
import { closed, type Runs, tailOf } from './tail.ts';

type RequestInput = {
  readonly job: JobRef;
  readonly rules: RunRules;
  readonly executionId: number;
  readonly trigger: Exclude<Trigger, 'schedule'>;
  readonly createdBy: string;
  /** W3C trace context of the request. */
  readonly requestTrace?: string | undefined;
  readonly nowMs: number;
  /** The run is called even if the job is paused. */
  readonly isForced?: boolean;
  /** Nominal instant of the requested run; if absent, now. */
  readonly scheduledAt?: string | undefined;
  /** Overrides of the job's settings. */
  readonly input?: RunInput | undefined;
  /** Revision of the first event; required with an input. */
  readonly revision?: number;
  /** Present if it repeats another execution. */
  readonly rerun?: Rerun | undefined;
};

export type Rerun = {
  readonly rerunOf: number;
  readonly scheduledAt: string;
  /** Revision of the definition to use; `undefined` for the newest. */
  readonly definitionRevision: number | undefined;
};

/**
 * Requests an execution outside the schedule. If the job's rules leave no room beside the open executions, records it and
 * cancels it immediately.
 * @throws DomainError EXPIRED if it would repeat an expired slot
 */
export const requestExecution = (runs: Runs, input: RequestInput): RunEvent[] => {
  if (input.rerun !== undefined) rejectExpiredSlot(runs, toMs(input.rerun.scheduledAt));
  const { overlap = input.rules.overlap } = input.input ?? {};
  switch (roomBeside(runs, { overlap })) {
    case 'call':
      return [request(runs, input).event];
    case 'queue':
      return [request(runs, { ...input, waitsFor: 'OVERLAP' }).event];
    case 'replace': {
      const replaced = cancelForNewer(runs, input);
      const revision = (input.revision ?? 0) + replaced.events.length;
      return [...replaced.events, request(replaced.runs, { ...input, revision, waitsFor: 'OVERLAP' }).event];
    }
    case 'skip':
      return reject(runs, input);
  }
};

const request = (runs: Runs, input: RequestInput & { readonly waitsFor?: WaitReason }): RequestedExecution => {
  const now = toInstant(input.nowMs);
  const execution: OpenExecution = {
    executionId: input.executionId,
    attempt: 0,
    state: 'pending',
    trigger: input.trigger,
    scheduledAt: input.rerun?.scheduledAt ?? input.scheduledAt ?? now,
    createdAt: now,
    createdBy: input.createdBy,
    ...defined({ requestTrace: input.requestTrace, overlap: input.input?.overlap }),
    ...(input.isForced ? { forced: true as const } : {}),
    ...defined({
      rerunOf: input.rerun?.rerunOf,
      definitionRevision: input.rerun?.definitionRevision,
      inputRevision: input.input && input.revision,
      waitsFor: input.waitsFor,
    }),
  };
  const after: Runs = { ...runs, open: [...runs.open, execution] };
  return {
    execution,
    runs: after,
    event: {
      type: 'ExecutionRequested',
      data: {
        ...executionOf(input.job, execution),
        ...defined({ input: input.input }),
        tail: tailOf(after),
      },
    },
  };
};

type RequestedExecution = {
  readonly event: EventOf<'ExecutionRequested'>;
  readonly execution: OpenExecution;
  readonly runs: Runs;
};

const reject = (runs: Runs, input: RequestInput): RunEvent[] => {
  const { event, execution, runs: after } = request(runs, input);
  const { job, nowMs } = input;
  const message = describeOpen(runs.open[0], nowMs);
  const ended = { job, runs: closed(after, input.executionId), execution, nowMs };
  return [event, cancelled({ ...ended, error: { code: 'OVERLAP', message } })];
};

/** An engine claims a slot up to 200 ms before it is due. */
const describeOpen = (open: OpenExecution | undefined, nowMs: number): string =>
  open?.trigger === 'schedule' && dueOfMs(open, undefined) > nowMs
    ? `execution ${open.executionId} of the same job is about to run for its slot at ${open.scheduledAt}`
    : `execution ${open?.executionId} of the same job is still open`;
