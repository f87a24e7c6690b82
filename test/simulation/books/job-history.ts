import {
  isJobEvent,
  isRunEvent,
  type JobDefinition,
  type JobEvent,
  type RunEvent,
} from '../../../src/domain/events/index.ts';
import { compileSchedule, type Schedule } from '../../../src/domain/schedule/index.ts';
import type { RecordedEvent } from '../../../src/event-store/port.ts';

/** One revision of a job's definition, with the slots that it has. */
export type Version = {
  readonly revision: number;
  /** When it was appended, epoch ms. */
  readonly recordedAt: number;
  readonly definition: JobDefinition;
  readonly deleted: boolean;
  /** None for a job that is disabled or deleted. */
  readonly slots: Schedule | undefined;
};

export type JobHistory = {
  readonly jobId: number;
  readonly versions: ReadonlyMap<number, Version>;
  readonly runs: readonly RecordedEvent<RunEvent>[];
};

/** What the log says of each job. */
export const jobHistories = (events: readonly RecordedEvent[]): JobHistory[] => {
  const jobs = new Map<number, { versions: Map<number, Version>; runs: RecordedEvent<RunEvent>[] }>();
  const of = (jobId: number) => {
    const history = jobs.get(jobId) ?? { versions: new Map<number, Version>(), runs: [] };
    jobs.set(jobId, history);
    return history;
  };
  for (const event of events) {
    if (isRunEvent(event)) of(event.data.jobId).runs.push(event);
    else if (isJobEvent(event)) {
      of(event.data.jobId).versions.set(event.revision, versionOf(event, event.data));
    }
  }
  return [...jobs].map(([jobId, history]) => ({ jobId, ...history }));
};

const versionOf = ({ revision, recordedAt, type }: RecordedEvent<JobEvent>, definition: JobDefinition): Version => {
  const deleted = type === 'JobDeleted';
  const slots = definition.enabled && !deleted ? compileSchedule(definition) : undefined;
  return { revision, recordedAt, definition, deleted, slots };
};
