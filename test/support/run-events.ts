import type { EventOf, OpenExecution, RangeReason, RunTail } from '../../src/domain/events/index.ts';
import { toInstant } from '../../src/domain/values.ts';

const TAIL: RunTail = { jobRevision: 0, cursor: '2026-03-01T08:00:00.000Z', runs: 0, open: [] };

/** The result of a call that the target answered with 200. */
export const okResult = {
  taskType: 'HttpInvokerTask' as const,
  status: 200,
  headers: {},
  data: null,
  truncated: false,
};

type RunMaker = {
  /** A slot is called. */
  start(executionId: number, slotMs: number): EventOf<'ExecutionStarted'>;
  /** A slot is due and waits. */
  wait(executionId: number, slotMs: number): EventOf<'ExecutionRequested'>;
  /** The work of an execution is offered. */
  offer(executionId: number, atMs: number): EventOf<'WorkOffered'>;
  succeed(executionId: number, atMs: number): EventOf<'ExecutionSucceeded'>;
  fail(executionId: number, atMs: number): EventOf<'ExecutionFailed'>;
  miss(slotMs: number, reason?: RangeReason): EventOf<'OccurrencesMissed'>;
  skip(slotMs: number, reason: RangeReason): EventOf<'OccurrencesSkipped'>;
  /** A slot has waited too long. */
  giveUp(executionId: number, atMs: number): EventOf<'ExecutionCancelled'>;
};

/** Makes the events of the runs of a job of acme, each with the tail after it. */
export const runsOf = (jobId: number, applicationId = 3): RunMaker => {
  let tail = TAIL;
  const slots = new Map<number, number>();
  const open = (execution: OpenExecution): void => {
    tail = { ...tail, open: [...without(execution.executionId), execution] };
  };
  const without = (executionId: number) => tail.open.filter((each) => each.executionId !== executionId);
  const of = (executionId: number, slotMs = slots.get(executionId) ?? 0) => {
    slots.set(executionId, slotMs);
    const at = toInstant(slotMs);
    const ids = { tenant: 'acme', applicationId, jobId, executionId };
    return { ...ids, trigger: 'schedule' as const, scheduledAt: at, createdAt: at };
  };
  const notCalled = (slotMs: number) => {
    const slot = toInstant(slotMs);
    const range = { after: toInstant(slotMs - 1), until: slot, first: slot, last: slot, count: 1 };
    return { tenant: 'acme', applicationId, jobId, tail, jobRevision: 0, ...range };
  };
  const opened = (executionId: number, state: OpenExecution['state']): OpenExecution => {
    const { trigger, scheduledAt, createdAt } = of(executionId);
    return { executionId, attempt: 1, state, trigger, scheduledAt, createdAt };
  };
  const ended = (executionId: number, atMs: number) => {
    tail = { ...tail, open: without(executionId) };
    return { ...of(executionId), attempt: 1, startedAt: toInstant(atMs), finishedAt: toInstant(atMs), tail };
  };
  return {
    start: (executionId, slotMs) => {
      const data = { ...of(executionId, slotMs), attempt: 1, engineId: 'engine-1', jobRevision: 0 };
      open(opened(executionId, 'running'));
      return { type: 'ExecutionStarted', data: { ...data, tail } };
    },
    wait: (executionId, slotMs) => {
      const data = of(executionId, slotMs);
      open(opened(executionId, 'pending'));
      return { type: 'ExecutionRequested', data: { ...data, tail } };
    },
    offer: (executionId, atMs) => {
      open(opened(executionId, 'offered'));
      const task = { taskType: 'WorkerTask' as const, queue: 'reports', task: 'send' };
      const jobSnapshot = { ...task, name: 'report', timezone: 'UTC', resolvedParameters: [] };
      const offer = { to: `queue:${applicationId}/reports`, work: { task: 'send' }, jobSnapshot };
      const times = { offeredAt: toInstant(atMs), leaseMs: 30_000, deadlineMs: 3_600_000 };
      return { type: 'WorkOffered', data: { ...of(executionId), attempt: 1, ...offer, ...times, tail } };
    },
    succeed: (executionId, atMs) => ({
      type: 'ExecutionSucceeded',
      data: { ...ended(executionId, atMs), result: okResult },
    }),
    fail: (executionId, atMs) => {
      const error = { code: 'HTTP_500', message: 'the target responded with status 500' };
      return { type: 'ExecutionFailed', data: { ...ended(executionId, atMs), error } };
    },
    giveUp: (executionId, atMs) => {
      const { startedAt: _, ...data } = ended(executionId, atMs);
      const error = { code: 'TOO_LATE', message: 'it was still waiting after maxLateness' };
      return { type: 'ExecutionCancelled', data: { ...data, attempt: 0, error } };
    },
    miss: (slotMs, reason = 'ENGINE_DOWN') => ({ type: 'OccurrencesMissed', data: { ...notCalled(slotMs), reason } }),
    skip: (slotMs, reason) => ({ type: 'OccurrencesSkipped', data: { ...notCalled(slotMs), reason } }),
  };
};
