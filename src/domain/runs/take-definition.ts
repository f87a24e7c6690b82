import type { JobDefinition, RangeReason, RunEvent } from '../events/index.ts';
import type { Job } from '../job/job.ts';
import type { Schedule } from '../schedule/index.ts';
import { toInstant } from '../values.ts';
import { cancelled } from './outcome.ts';
import { settleRange } from './range.ts';
import { closed, type Runs, tailOf } from './tail.ts';

type TakeDefinitionInput = {
  /** The job after its newest event. */
  readonly job: Exclude<Job, { status: 'absent' }>;
  /** Revision of that event in the job's stream. */
  readonly jobRevision: number;
  /** The definition in force until now, and its slots; undefined if there was none. */
  readonly previous: { readonly definition: JobDefinition; readonly slots: Schedule | undefined } | undefined;
  readonly nowMs: number;
};

/**
 * Puts a new definition in force. An engine that still goes by the older one loses its next append against these
 * events. Slots of the older definition that are due and not settled are missed; if the schedule is the same, they stay
 * due.
 * `previous.slots` is undefined if the older definition had none due, as that of a disabled job.
 */
export const takeDefinition = (runs: Runs, { job, jobRevision, previous, nowMs }: TakeDefinitionInput): RunEvent[] => {
  if (runs.jobRevision >= jobRevision) return [];
  const { tenant, applicationId, jobId } = job.definition;
  const ref = { tenant, applicationId, jobId };
  const fromMs = Math.max(nowMs, runs.cursorMs);
  const events: RunEvent[] = [];
  let after = runs;

  if (previous === undefined || !sameSlots(previous.definition, job)) {
    if (previous?.slots !== undefined) {
      const type = runs.open.length > 0 ? 'OccurrencesSkipped' : 'OccurrencesMissed';
      const reason = runs.open.length > 0 ? 'OVERLAP' : leftBecause(job);
      const settled = settleRange(type, { job: ref, runs, schedule: previous.slots, untilMs: fromMs, reason });
      events.push(...settled.events);
    }
    after = { ...after, cursorMs: fromMs };
  }
  if (previous?.definition.scheduleSince !== job.definition.scheduleSince) after = countedAnew(after);
  after = { ...after, jobRevision };
  events.push({
    type: 'DefinitionTaken',
    data: { ...ref, jobRevision, from: toInstant(fromMs), tail: tailOf(after) },
  });
  if (job.status === 'deleted') {
    for (const execution of runs.open.filter(({ state }) => state === 'pending')) {
      after = closed(after, execution.executionId);
      events.push(
        cancelled({ job: ref, runs: after, execution, nowMs, code: 'JOB_DELETED', message: 'the job was deleted' }),
      );
    }
  }
  return events;
};

/** Sets the count of runs to zero. Executions open now were claimed before, so they are marked as not counted. */
const countedAnew = (runs: Runs): Runs => ({
  ...runs,
  runs: 0,
  open: runs.open.map((execution) =>
    execution.trigger === 'schedule' ? { ...execution, uncounted: true } : execution,
  ),
});

const sameSlots = (previous: JobDefinition, job: Exclude<Job, { status: 'absent' }>): boolean =>
  job.status !== 'deleted' &&
  previous.enabled === job.definition.enabled &&
  previous.scheduleSince === job.definition.scheduleSince;

const leftBecause = (job: Exclude<Job, { status: 'absent' }>): RangeReason => {
  switch (job.status) {
    case 'deleted':
      return 'DELETED';
    case 'disabled':
      return 'DISABLED';
    case 'enabled':
      return 'EDITED';
  }
};
