import type { CallRequest, TargetCaller } from '../../src/engine/call/port.ts';
import type { Position } from '../../src/event-store/port.ts';
import { createDraw } from './draw.ts';
import { ConnectionLost, type Machine } from './machine.ts';
import type { Plan } from './plan.ts';
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
};

/** Targets that answer, dawdle, fail or break the connection, and remember every call. */
export const createTargets = ({ plan, trace, nowMs, commonMs, logEnd }: Options): Targets => {
  const calls: Called[] = [];
  const { targetMs, slowTargetMs, slowPercent, failPercent } = plan.weather;

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

  const callerOf = (machine: Machine): TargetCaller => ({
    call: async (request, signal) => {
      const { clock, timers } = machine.world;
      const trip = machine.depart('call');
      try {
        await trip.there();
        if (request.beforeSend?.() === false) return { kind: 'withheld', finishedAtMs: clock.now() };
        const startedAtMs = clock.now();
        const called = record(machine.name, request);
        const { executionId } = called;
        const ill = nowMs() < plan.calmFromMs;
        const draw = createDraw(plan.seed, `target of ${executionId}`);
        const slow = ill && draw.chance(slowPercent / 100);
        const takesMs = draw.between(0, slow ? slowTargetMs : targetMs) + dawdled(machine.name);
        await timers.sleep(takesMs, signal);
        called.endedAtMs = Math.min(nowMs(), called.atMs + takesMs);
        if (signal.aborted) return { kind: 'aborted', startedAtMs, finishedAtMs: clock.now() };
        await trip.back();
        const status = ill && draw.chance(failPercent / 100) ? 500 : 200;
        const result = { status, headers: {}, data: null, truncated: false };
        const times = { startedAtMs, finishedAtMs: clock.now() };
        if (status === 200) return { kind: 'succeeded', ...times, result };
        return { kind: 'failed', ...times, error: { code: 'HTTP_500', message: 'status 500' }, result };
      } catch (error) {
        if (!(error instanceof ConnectionLost)) throw error;
        const { message } = error;
        return { kind: 'failed', finishedAtMs: clock.now(), error: { code: 'OUTCOME_UNKNOWN', message } };
      }
    },
    close: async () => {},
  });

  return { calls, callerOf };
};
