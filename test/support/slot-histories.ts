import type { HttpJobDefinition, OpenExecution, RunEvent } from '../../src/domain/events/index.ts';
import { SUPERSEDED, type SupersededBy } from '../../src/domain/execution/cancellation.ts';
import { jobStream, runsStream } from '../../src/domain/streams.ts';
import type { Entry } from './entry.ts';
import { aJob } from './jobs.ts';
import { okResult } from './run-events.ts';

/** Instants of one day, by their time. */
export const at = (clock: string): string => `2026-03-01T${clock.length === 5 ? `${clock}:00` : clock}.000Z`;

/** Records the outcomes of a job's slots, event by event; times are `HH:MM` or `HH:MM:SS`. */
export const slotHistory = (other: Partial<HttpJobDefinition> = {}) => {
  const entries: Entry[] = [];
  let definition = aJob(other);
  const { jobId, tenant, applicationId } = definition;
  const ofJob = { jobId, tenant, applicationId };
  let jobRevision = -1;
  let cursor = at('08:00');
  let open: OpenExecution[] = [];
  const run = (make: (tail: RunEvent['data']['tail']) => RunEvent): void => {
    entries.push({ stream: runsStream(jobId), event: make({ jobRevision, cursor, runs: 0, open: [...open] }) });
  };
  const take = (clock: string): void => {
    jobRevision += 1;
    cursor = at(clock);
    run((tail) => ({ type: 'DefinitionActivated', data: { ...ofJob, jobRevision, from: cursor, tail } }));
  };
  const ofExecution = ({ executionId, trigger, scheduledAt, createdAt }: OpenExecution) => ({
    ...ofJob,
    executionId,
    trigger,
    scheduledAt,
    createdAt,
  });
  const end = (executionId: number): OpenExecution => {
    const ended = open.find((each) => each.executionId === executionId);
    if (ended === undefined) throw new Error(`execution ${executionId} is not open`);
    open = open.filter((each) => each !== ended);
    return ended;
  };

  const write = {
    entries,
    created: (clock: string) => {
      entries.push({ stream: jobStream(jobId), event: { type: 'JobCreated', data: definition } });
      take(clock);
      return write;
    },
    edited: (clock: string, change: Partial<HttpJobDefinition>) => {
      definition = { ...definition, ...change };
      entries.push({ stream: jobStream(jobId), event: { type: 'JobUpdated', data: definition } });
      take(clock);
      return write;
    },
    deleted: (clock: string) => {
      entries.push({ stream: jobStream(jobId), event: { type: 'JobDeleted', data: definition } });
      take(clock);
      return write;
    },
    claimed: (clock: string, executionId: number, late?: 'ENGINE_DOWN') => {
      cursor = at(clock);
      const execution: OpenExecution = {
        executionId,
        attempt: 1,
        state: 'running',
        trigger: 'schedule',
        scheduledAt: cursor,
        createdAt: cursor,
        engineId: 'engine-1',
      };
      open = [...open, execution];
      run((tail) => ({
        type: 'ExecutionStarted',
        data: {
          ...ofExecution(execution),
          attempt: 1,
          engineId: 'engine-1',
          jobRevision,
          ...(late === undefined ? {} : { late }),
          tail,
        },
      }));
      return write;
    },
    offered: (clock: string, executionId: number) => {
      const execution = { ...end(executionId), state: 'offered' as const, offers: true as const, leaseMs: 30_000 };
      open = [...open, execution];
      const jobSnapshot = {
        ...({ name: definition.name, timezone: 'UTC', taskType: 'WorkerTask' } as const),
        ...{ queue: 'reports', task: 'send', resolvedParameters: [] },
      };
      const offered = { ...ofExecution(execution), attempt: 1, offers: true as const, offeredAt: at(clock) };
      const work = {
        to: `queue:${applicationId}/reports`,
        work: { task: 'send' },
        leaseMs: 30_000,
        deadlineMs: 60_000,
      };
      run((tail) => ({ type: 'WorkOffered', data: { ...offered, ...work, jobSnapshot, tail } }));
      return write;
    },
    succeeded: (clock: string, executionId: number) => {
      const { attempt, ...execution } = end(executionId);
      const ended = { ...ofExecution({ attempt, ...execution }), attempt, startedAt: at(clock), finishedAt: at(clock) };
      run((tail) => ({ type: 'ExecutionSucceeded', data: { ...ended, result: okResult, tail } }));
      return write;
    },
    failed: (clock: string, executionId: number, message: string, other: { hasHook?: true } = {}) => {
      const { attempt, ...execution } = end(executionId);
      const ended = { ...ofExecution({ attempt, ...execution }), attempt, startedAt: at(clock), finishedAt: at(clock) };
      run((tail) => ({
        type: 'ExecutionFailed',
        data: { ...ended, ...other, error: { code: 'HTTP_500', message }, tail },
      }));
      return write;
    },
    superseded: (clock: string, executionId: number, by: SupersededBy) => {
      const { attempt, ...execution } = end(executionId);
      const ended = { ...ofExecution({ attempt, ...execution }), attempt, finishedAt: at(clock) };
      run((tail) => ({ type: 'ExecutionCancelled', data: { ...ended, error: SUPERSEDED[by], tail } }));
      return write;
    },
    /** Slots from the first to the last, settled without a call. */
    passed: (
      type: 'OccurrencesSkipped' | 'OccurrencesMissed',
      [first, last]: readonly [first: string, last: string],
      reason: 'OVERLAP' | 'ENGINE_DOWN' | 'DISABLED',
    ) => {
      const after = cursor;
      cursor = at(last);
      const count = Math.round((Date.parse(at(last)) - Date.parse(at(first))) / 60_000) + 1;
      const range = { after, until: cursor, first: at(first), last: cursor, count, reason };
      run((tail) => ({ type, data: { ...ofJob, jobRevision, ...range, tail } }));
      return write;
    },
    /** Executions created before have expired, and the events of the runs before a revision should be cut. */
    expired: (before: string, keptFrom: number) => {
      const totals = { succeeded: 0, failed: 0, cancelled: 0, called: {}, notCalled: [] };
      const data = { ...ofJob, before: at(before), keptFrom, totals };
      run((tail) => ({ type: 'ExecutionsExpired', data: { ...data, tail } }));
      return write;
    },
  };
  return write;
};
