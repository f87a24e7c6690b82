import type { ClientBase } from 'pg';
import { labelsTextOf } from '../../domain/closure/pauses.ts';
import { ScheduleFields } from '../../domain/events/index.ts';
import { rulesText } from '../../domain/job/rules.ts';
import { PREFIX_OF } from '../../domain/streams.ts';
import { targetOf } from '../../domain/tasks/kinds.ts';
import { defineProjection } from '../projection.ts';
import { copyRows, incomingRows, upsertRows, writeNewest } from '../write-records.ts';
import {
  type DefinitionChange,
  foldSchedule,
  type RunsChange,
  type ScheduleChanges,
  scheduleRecord,
  valuesRecord,
} from './schedule-fold.ts';

const ofDefinition = scheduleRecord.part(
  ...([
    'jobId',
    'tenant',
    'applicationId',
    'enabled',
    'deleted',
    'jobRevision',
    'scheduleFields',
    'rules',
    'target',
    'labels',
  ] as const),
);
const definitionRow = ({ job, deleted, revision }: DefinitionChange) => ({
  jobId: job.jobId,
  tenant: job.tenant,
  applicationId: job.applicationId,
  enabled: job.enabled,
  deleted,
  jobRevision: revision,
  scheduleFields: ScheduleFields.parse(job),
  rules: rulesText(job),
  target: targetOf(job),
  labels: labelsTextOf(job.labels),
});

const ofRuns = scheduleRecord.part('jobId', 'runsRevision', 'takenRevision', 'openCount', 'tail');
const runsRow = ({ jobId, tail, revision }: RunsChange) => ({
  jobId,
  runsRevision: revision,
  takenRevision: tail.jobRevision,
  openCount: tail.open.length,
  tail,
});
const NO_RUNS = { runsRevision: -1, takenRevision: -1, openCount: 0, tail: undefined };

/** A job that these changes created, with its runs if it has any. */
type CreatedJob = { readonly definition: DefinitionChange; readonly runs: RunsChange | undefined };

const createdRow = ({ definition, runs }: CreatedJob) => ({
  ...definitionRow(definition),
  ...(runs === undefined ? NO_RUNS : runsRow(runs)),
});

/** Separates the jobs that these changes created from the others. */
const withoutCreated = ({ definitions, runs, values }: ScheduleChanges) => {
  const created: CreatedJob[] = [];
  const rest: ScheduleChanges = { definitions: new Map(), runs: new Map(), values };
  for (const [jobId, definition] of definitions) {
    if (definition.created) created.push({ definition, runs: runs.get(jobId) });
    else rest.definitions.set(jobId, definition);
  }
  for (const [jobId, each] of runs) if (!definitions.get(jobId)?.created) rest.runs.set(jobId, each);
  return { created, rest };
};

/** The condition of `forgetSettled`, for a job that has no row yet. */
const isSettled = ({ definition, runs }: CreatedJob): boolean =>
  definition.deleted &&
  runs !== undefined &&
  runs.tail.jobRevision >= definition.revision &&
  runs.tail.open.length === 0;

const writeSchedule = async (client: ClientBase, schema: string, changes: ScheduleChanges): Promise<void> => {
  const { definitions, values } = changes;
  const { created, rest } = withoutCreated(changes);
  // In the log, the runs of a job come after its creation, so its row exists when they are written.
  const [, , , deleted] = await Promise.all([
    writeNewest(client, `${schema}.application_values`, { ...valuesRecord, rows: values.values() }),
    writeCreated(client, schema, created),
    writeDefinitions(client, schema, rest.definitions.values()),
    writeRuns(client, schema, rest.runs),
  ]);
  for (const [jobId, definition] of definitions) if (definition.deleted) deleted.push(jobId);
  if (deleted.length > 0) await forgetSettled(client, schema, deleted);
};

export const schedule = defineProjection<ScheduleChanges>({
  name: 'schedule',
  shape: '12',
  streamPrefixes: [PREFIX_OF.job, PREFIX_OF.runs, PREFIX_OF.application],
  views: ['schedule', 'application_values'],
  // Only the key is indexed and pages keep free space, so that updates of the tail stay in their page.
  tables: (schema) => `
    CREATE TABLE ${schema}.schedule (${scheduleRecord.ddl}) WITH (fillfactor = 70);
    CREATE TABLE ${schema}.application_values (${valuesRecord.ddl})`,
  indexes: () => '',
  fold: foldSchedule,
  write: writeSchedule,
  fill: {
    // Each execution changes the tail of its job. A rebuild writes it once, if it can hold the tails of all jobs.
    holdsRows: { live: 10_000, building: 150_000 },
    rowsOf: ({ definitions, runs }) => definitions.size + runs.size,
    copy: async ({ client, schema }, changes) => {
      const { created, rest } = withoutCreated(changes);
      await copyRows(client, `${schema}.schedule`, {
        ...scheduleRecord,
        // Deleted jobs that are settled get no row.
        rows: created
          .values()
          .filter((job) => !isSettled(job))
          .map(createdRow),
      });
      await writeSchedule(client, schema, rest);
    },
  },
});

/** Writes whole rows. A row that as many events have written, or more, stays. */
const writeCreated = (client: ClientBase, schema: string, created: readonly CreatedJob[]): Promise<void> =>
  upsertRows(
    client,
    `${schema}.schedule`,
    { ...scheduleRecord, rows: created.map(createdRow), name: 'created' },
    `UPDATE SET ${scheduleRecord.setSql}
     WHERE kept.job_revision < excluded.job_revision OR kept.runs_revision < excluded.runs_revision`,
  );

const writeDefinitions = (client: ClientBase, schema: string, changes: Iterable<DefinitionChange>): Promise<void> =>
  upsertRows(
    client,
    `${schema}.schedule`,
    { ...ofDefinition, rows: Iterator.from(changes).map(definitionRow), name: 'definitions' },
    `UPDATE SET ${ofDefinition.setSql} WHERE kept.job_revision < excluded.job_revision`,
  );

/** Writes the tails of runs. Returns the jobs among them that are deleted. */
const writeRuns = async (client: ClientBase, schema: string, runs: ScheduleChanges['runs']): Promise<number[]> => {
  if (runs.size === 0) return [];
  const { source, values } = incomingRows(ofRuns.columns, runs.values().map(runsRow));
  const { rows: deleted } = await client.query<{ job_id: string }>({
    name: `${schema}_runs`,
    text: `WITH written AS (
       UPDATE ${schema}.schedule AS kept SET
         runs_revision = incoming.runs_revision, taken_revision = incoming.taken_revision,
         open_count = incoming.open_count, tail = incoming.tail
       FROM ${source}
       WHERE kept.job_id = incoming.job_id AND kept.runs_revision < incoming.runs_revision
       RETURNING kept.job_id, kept.deleted
     )
     SELECT job_id FROM written WHERE deleted`,
    values,
  });
  return deleted.map((row) => Number(row.job_id));
};

/**
 * Removes deleted jobs that are settled: their runs have taken the deletion, and that append settled all older slots.
 */
const forgetSettled = async (client: ClientBase, schema: string, jobIds: readonly number[]): Promise<void> => {
  await client.query({
    name: `${schema}_settled`,
    text: `DELETE FROM ${schema}.schedule
     WHERE job_id = ANY ($1::bigint[]) AND deleted AND taken_revision >= job_revision AND open_count = 0`,
    values: [jobIds],
  });
};
