import type { JobDefinition, RangeReason, RunEvent } from '../events/index.ts';
import type { Job } from '../job/job.ts';
import type { Schedule } from '../schedule/index.ts';
import { toInstant } from '../values.ts';
import { cancelled } from './outcome.ts';
import { settleRange } from './range.ts';
import { closed, type Runs, tailOf } from './tail.ts';

type TakeDefinitionInput = {
  /** The job as its newest event has it. */
  readonly job: Exclude<Job, { status: 'absent' }>;
  /** Revision of that event in the job's stream. */
  readonly jobRevision: number;
  /** The definition in force until now, with its slots; undefined before the first. */
  readonly previous: { readonly definition: JobDefinition; readonly slots: Schedule | undefined } | undefined;
  readonly nowMs: number;
};

/**
 * Makes a new definition binding. Whoever still holds an older one loses its next append to these events.
 * What the older one left unsettled before it is missed, unless the schedule is the same: then its slots stay due.
 * `previous.slots` is undefined where the older definition had none due (a disabled job).
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

/** Counts from zero: what is open now was claimed before. */
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
