import { z } from 'zod';
import { isJobEvent, JobDefinition, JobEvent } from '../../domain/events/index.ts';
import { toInstant } from '../../domain/values.ts';
import type { RecordedEvent } from '../../event-store/port.ts';
import { bigint, choice, instant, json, type RecordChange, record, text } from '../record.ts';

const JOB_STREAM = /^job-\d+$/;

export type JobRowChange = {
  /** Absent if only the revision of the stream moved. */
  readonly definition?: JobDefinition;
  /** One of these events created the job. */
  readonly created: boolean;
  readonly deleted: boolean;
  /** The revision of the last event of the stream. */
  readonly revision: number;
};

/** A definition, and when it was valid by the log's clock; `validTo` is undefined for the newest one. */
export const jobVersionRecord = record(
  'version',
  {
    jobId: bigint(),
    revision: bigint(),
    tenant: text(),
    type: choice(z.enum(JobEvent.options.map(({ shape }) => shape.type.value))),
    definition: json(JobDefinition),
    actor: text(),
    actorType: text(),
    correlationId: text(),
    reason: text().optional(),
    validFrom: instant(),
    validTo: instant().optional(),
  },
  { key: ['jobId', 'revision'] },
);

export type JobVersion = RecordChange<typeof jobVersionRecord>;

export type JobRows = {
  readonly jobs: Map<number, JobRowChange>;
  /** Oldest first. */
  readonly versions: JobVersion[];
};

export type JobChanges = JobRows & {
  /** The place in `versions` of the newest of each job. */
  readonly newest: Map<number, number>;
};

/**
 * Folds job events. Every event holds the whole definition: the last one is the job, and each is a version that the
 * next ends. Adds to `changes`, if given.
 */
export const foldJobs = (
  events: readonly RecordedEvent[],
  changes: JobChanges = { jobs: new Map(), versions: [], newest: new Map() },
): JobChanges | undefined => {
  const { jobs, versions, newest } = changes;
  for (const event of events) {
    if (!JOB_STREAM.test(event.stream)) continue;
    const { revision } = event;
    if (event.type === 'NameRevoked') {
      const before = jobs.get(event.data.ownerId);
      jobs.set(event.data.ownerId, { deleted: false, created: false, ...before, revision });
    }
    if (!isJobEvent(event)) continue;
    const { jobId } = event.data;
    const created = event.type === 'JobCreated' || (jobs.get(jobId)?.created ?? false);
    jobs.set(jobId, { definition: event.data, created, deleted: event.type === 'JobDeleted', revision });
    const before = newest.get(jobId);
    const ended = before === undefined ? undefined : versions[before];
    if (before !== undefined && ended) versions[before] = { ...ended, validTo: toInstant(event.recordedAt) };
    newest.set(jobId, versions.push(versionOf(event)) - 1);
  }
  return jobs.size === 0 ? undefined : changes;
};

const versionOf = (event: RecordedEvent<JobEvent>): JobVersion => ({
  jobId: event.data.jobId,
  revision: event.revision,
  tenant: event.data.tenant,
  type: event.type,
  definition: event.data,
  actor: event.metadata.actor.name,
  actorType: event.metadata.actor.type,
  correlationId: event.metadata.correlationId,
  reason: event.metadata.reason,
  validFrom: toInstant(event.recordedAt),
  validTo: undefined,
});
