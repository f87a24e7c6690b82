import type { CallOutcome, CallRequest, TargetCaller } from '../../src/engine/call/port.ts';
import type { Position } from '../../src/event-store/port.ts';
import { createDraw } from './draw.ts';
import { ConnectionLost, type Machine } from './machine.ts';
import { type Failure, type Plan, turnsOf } from './plan.ts';
import type { Accepted } from './reports.ts';
import type { Trace } from './trace.ts';

/** A request that went out: whatever the caller learned of it, the target has acted. */
export type Called = {
  readonly atMs: number;
  /** When the target had done, or was broken off; undefined where nobody saw it. */
  endedAtMs: number | undefined;
  /** By the clock that all engines follow, epoch ms; where that was put, by the later of both. */
  readonly commonMs: number;
  /** The log's end at that moment. */
  readonly logEnd: Position | undefined;
  readonly process: string;
  readonly url: string;
  readonly jobId: number;
  readonly executionId: number;
  readonly attempt: number;
  readonly scheduledAt: string;
  readonly trigger: string;
};

export type Targets = { readonly calls: readonly Called[]; callerOf(machine: Machine): TargetCaller };

type Options = {
  readonly plan: Plan;
  readonly trace: Trace;
  readonly nowMs: () => number;
  readonly commonMs: () => number;
  readonly logEnd: () => Position | undefined;
  /** Told of each call that is answered with 202. */
  readonly accepted: (accepted: Accepted) => void;
};

/** Targets that answer, dawdle, fail or break the connection, and remember every call. */
export const createTargets = ({ plan, trace, nowMs, commonMs, logEnd, accepted }: Options): Targets => {
  const calls: Called[] = [];
  const { targetMs, slowTargetMs, slowPercent, failPercent, failures = [500] } = plan.weather;

  const record = (process: string, { url, ownHeaders = {} }: CallRequest): Called => {
    const called: Called = {
      atMs: nowMs(),
      endedAtMs: undefined,
      commonMs: commonMs(),
      logEnd: logEnd(),
      process,
      url: url.href,
      jobId: Number(ownHeaders['Carillon-Job']),
      executionId: Number(ownHeaders['Carillon-Execution']),
      attempt: Number(ownHeaders['Carillon-Attempt']),
      scheduledAt: ownHeaders['Carillon-Scheduled-At'] ?? '',
      trigger: ownHeaders['Carillon-Trigger'] ?? '',
    };
    calls.push(called);
    const { jobId, executionId, scheduledAt } = called;
    trace.note(process, `calls ${url.pathname}`, { jobId, executionId, slot: scheduledAt });
    return called;
  };

  const counts = new Map<string, number>();
  const dawdled = (process: string): number => {
    const nth = (counts.get(process) ?? 0) + 1;
    counts.set(process, nth);
    const fault = plan.faults.find((each) => each.kind === 'dawdle' && each.process === process && each.nth === nth);
    return fault?.kind === 'dawdle' && nowMs() < plan.calmFromMs ? fault.byMs : 0;
  };

  /** How a target takes a call: for how long, and how it fails, if it does. */
  const drawManner = ({ ownHeaders = {} }: CallRequest): { readonly takesMs: number; readonly failure?: Failure } => {
    const [executionId, attempt] = [ownHeaders['Carillon-Execution'], ownHeaders['Carillon-Attempt']];
    // The first attempts of the plans that are kept go as they went when they failed.
    const draw = createDraw(plan.seed, `target of ${executionId}${attempt === '1' ? '' : `, attempt ${attempt}`}`);
    const ill = nowMs() < plan.calmFromMs;
    const slow = ill && draw.chance(slowPercent / 100);
    const takesMs = draw.between(0, slow ? slowTargetMs : targetMs);
    return ill && draw.chance(failPercent / 100) ? { takesMs, failure: draw.one(failures) } : { takesMs };
  };

  const callBy =
    (machine: Machine): TargetCaller['call'] =>
    async (request, signal) => {
      const { clock, timers } = machine.world;
      const trip = machine.depart('call');
      try {
        await trip.there();
        if (request.beforeSend?.() === false) return { kind: 'withheld', finishedAtMs: clock.now() };
        const { takesMs: usualMs, failure } = drawManner(request);
        if (failure === 'rejected') {
          trace.note(machine.name, `is rejected a connection to ${request.url.pathname}`);
          return failed('CONNECTION_FAILED', { finishedAtMs: clock.now() });
        }
        const startedAtMs = clock.now();
        const token = request.ownHeaders?.['Carillon-Completion-Token'];
        const called = record(machine.name, request);
        const takesMs = usualMs + dawdled(machine.name);
        await timers.sleep(takesMs, signal);
        called.endedAtMs = Math.min(nowMs(), called.atMs + takesMs);
        if (token !== undefined && failure === undefined && !signal.aborted) accepted({ ...called, token });
        if (signal.aborted) return { kind: 'aborted', startedAtMs, finishedAtMs: clock.now() };
        await trip.back();
        return responded(failure ?? (token === undefined ? 200 : 202), { startedAtMs, finishedAtMs: clock.now() });
      } catch (error) {
        if (!(error instanceof ConnectionLost)) throw error;
        return failed('OUTCOME_UNKNOWN', { finishedAtMs: clock.now() });
      }
    };

  const callerOf = (machine: Machine): TargetCaller => {
    const call = callBy(machine);
    return {
      call,
      prepare: (request) => (own, ended) => {
        // As if its address had to be asked for.
        if (!turnsOf(plan).prepared) return undefined;
        const controller = new AbortController();
        return {
          send: () => {
            const { ownHeaders } = own;
            const beforeSend = () => own.beforeSend?.() !== false;
            void call({ ...request, ownHeaders, beforeSend }, controller.signal).then(ended);
          },
          abort: () => controller.abort(),
        };
      },
      close: async () => {},
    };
  };

  return { calls, callerOf };
};

type Times = { readonly startedAtMs?: number; readonly finishedAtMs: number };

/** For so long a target that has too much to do wants to be left alone. */
const RETRY_AFTER_S = 6;

const responded = (status: Exclude<Failure, 'rejected'>, times: Times): CallOutcome => {
  if (status === 'timeout') return failed('ETIMEDOUT', times);
  const headers = status === 429 ? { 'retry-after': String(RETRY_AFTER_S) } : {};
  const result = { status, headers, data: null, truncated: false };
  return status < 400 ? { kind: 'succeeded', ...times, result } : failed(`HTTP_${status}`, times, result);
};

type Failed = Extract<CallOutcome, { kind: 'failed' }>;

const failed = (code: Failed['error']['code'], times: Times, result?: Failed['result']): CallOutcome => ({
  kind: 'failed',
  ...times,
  error: { code, message: 'as the plan says' },
  ...(result === undefined ? {} : { result }),
});
