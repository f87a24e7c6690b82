import pg from 'pg';
import { type FragmentSqlToken, type IdentifierSqlToken, sql } from 'slonik';
import { z } from 'zod';
import { boundedConfig, breakConnection, closeConnection } from '../db/bounds.ts';
import { ROW_TYPES } from '../db/reader.ts';
import { inTransaction } from '../db/session.ts';
import { datesUntil } from '../domain/closure/calendars.ts';
import { Pause, RunTail, ScheduleFields } from '../domain/events/index.ts';
import type { Timers } from '../runtime/runtime.ts';
import { earlier } from './checkpoints.ts';
import { CalendarVersionRow } from './queries/records/closures.ts';
import { bigint, json } from './queries/row.ts';
import { documentsIn } from './queries/views.ts';
import { documents } from './read-models/documents.ts';
import { schedule } from './read-models/schedule.ts';
import { valuesRecord } from './read-models/schedule-fold.ts';
import { findGenerations } from './registry.ts';

/** A `ScheduledJob` of engines. */
export type ScheduleRow = ReturnType<typeof rowOf>;
export type LoadedSchedule = Awaited<ReturnType<typeof loadSchedule>>;

export type ScheduleSource = { readonly databaseUrl: string; readonly timers: Timers };

/** The tables of the schedule do not exist yet, or a rebuild has just replaced them. */
export class ScheduleMissing extends Error {
  override readonly name = 'ScheduleMissing';
}

/** A row of a job, as columns: a million of them are read. */
type JobColumns = [
  job_id: string,
  tenant: string,
  application_id: string,
  schedule_fields: string,
  rules: string | null,
  tail: string | null,
  enabled: boolean,
  deleted: boolean,
  job_revision: string,
  runs_revision: string,
  target: string | null,
  labels: string | null,
];

const valuesIn = (schema: string) => sql.fragment`
  SELECT ${valuesRecord.selected} FROM ${sql.identifier([schema, 'application_values'])}
  WHERE variables <> '[]' OR secrets <> '[]' OR limits <> '[]' OR tls <> '[]' OR hooks <> '{}' OR deleted`;

const CalendarRow = CalendarVersionRow.extend({ untilMs: z.number().nullable() });
/**
 * Slots are unsettled for less than a year. Of a replaced version, only the dates around its time are read: there may be
 * thousands of versions with thousands of dates each.
 */
const calendarsIn = (table: IdentifierSqlToken) => sql.fragment`
  SELECT tenant, name, revision, ended AS deleted, created_at AS "updatedAt", valid_to AS "untilMs",
    CASE WHEN valid_to IS NULL THEN (doc::json -> 'dates')::text ELSE (
      SELECT coalesce(json_agg(day ORDER BY day), '[]')::text FROM (
        SELECT to_char(day, 'YYYY-MM-DD') AS day FROM generate_series(
          date_trunc('day', created_at AT TIME ZONE 'UTC') - interval '2 days',
          (valid_to AT TIME ZONE 'UTC') + interval '2 days', interval '1 day') AS day
      ) AS days WHERE strpos(doc, '"' || day || '"') > 0
    ) END AS dates
  FROM ${documentsIn(table).calendarVersions}
  WHERE valid_to IS NULL OR valid_to > clock_timestamp() - interval '1 year'
  ORDER BY tenant, name, revision`;
const PauseRow = z.object({ doc: json.pipe(Pause), revision: bigint });
/** All slots of a bulk are settled when its pause ends, or within an hour after the bulk was cancelled. */
const pausesIn = (table: IdentifierSqlToken) => sql.fragment`
  SELECT doc, revision FROM ${documentsIn(table).pauses}
  WHERE (ended_at IS NULL OR ended_at > clock_timestamp() - interval '1 year')
    AND (doc::json ->> 'scope' <> 'jobs' OR ended_at IS NULL OR ended_at > clock_timestamp() - interval '1 day')`;

/**
 * Loads the schedule of all jobs and passes it to `take` as its rows arrive: a million of them are never held in memory.
 * Returns calendars and pauses, the values of applications that have any or are deleted, and the checkpoint. All of it is
 * from one snapshot of the generations that were live then, even if a rebuilt one replaces them during the load.
 * @throws ScheduleMissing before `take` was called; errors of Postgres
 */
export const loadSchedule = (source: ScheduleSource, take: (row: ScheduleRow) => void) =>
  inSnapshot(source, async (client) => {
    const [jobs, closed] = await findGenerations(client, [schedule, documents], 'live');
    if (jobs === undefined || closed === undefined) throw new ScheduleMissing('the schedule does not exist yet');
    const applications = await rowsOf(client, valuesRecord.row, valuesIn(jobs.schema));
    const table = sql.identifier([closed.schema, 'documents']);
    const calendars = await loadCalendars(client, table);
    const pauses = await rowsOf(client, PauseRow, pausesIn(table));
    // Read last: if a rebuild has just dropped the tables, this fails before any row is passed on.
    await eachJob(client, jobs.schema, take);
    return {
      lastEvent: jobs.checkpoint.lastEvent,
      /** The position to subscribe after; undefined means from the beginning. */
      position: earlier(jobs.checkpoint.position, closed.checkpoint.position),
      applications,
      closures: {
        calendars,
        pauses: pauses.map(({ doc, revision }) => ({ ...doc, revision })),
      },
    };
  });

const LOAD_MS = 600_000;
/** Timeout between two responses. */
const SILENCE_MS = 15_000;
const UNDEFINED_TABLE = '42P01';

const inSnapshot = async <T>(
  { databaseUrl, timers }: ScheduleSource,
  load: (client: pg.Client) => Promise<T>,
): Promise<T> => {
  // With a query timeout, the driver would collect all rows first and would not report a failure.
  const { query_timeout: _, ...bounds } = boundedConfig({ name: 'carillon schedule', timeoutMs: LOAD_MS });
  const client = new pg.Client({ connectionString: databaseUrl, ...bounds });
  client.on('error', () => {});
  let responses = 0;
  const watch = (before: number): void => {
    if (responses === before) breakConnection(client, `Postgres sent no row of the schedule for ${SILENCE_MS} ms`);
    else cancelWatch = timers.after(SILENCE_MS, () => watch(responses));
  };
  let cancelWatch = timers.after(SILENCE_MS, () => watch(0));
  try {
    await client.connect();
    client.connection.stream.on('data', () => {
      responses += 1;
    });
    return await inTransaction(client, () => load(client), 'BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY');
  } catch (error) {
    const isMissing = error instanceof Error && 'code' in error && error.code === UNDEFINED_TABLE;
    throw isMissing ? new ScheduleMissing(error.message, { cause: error }) : error;
  } finally {
    cancelWatch();
    await closeConnection(client);
  }
};

const rowsOf = async <Row>(
  client: pg.Client,
  schema: z.ZodType<Row>,
  { sql: text }: FragmentSqlToken,
): Promise<Row[]> => z.array(schema).parse((await client.query({ text, types: ROW_TYPES })).rows);

/** Loads the versions of calendars one by one: few dates of a replaced version are kept, and there may be thousands. */
const loadCalendars = async (client: pg.Client, table: IdentifierSqlToken) => {
  const versions: z.infer<typeof CalendarVersionRow>[] = [];
  const { sql: text } = calendarsIn(table);
  await eachRow<unknown>(client.query(new pg.Query({ text, types: ROW_TYPES })), (row) => {
    const { untilMs, ...version } = CalendarRow.parse(row);
    versions.push(datesUntil(version, untilMs ?? Number.POSITIVE_INFINITY));
  });
  return versions;
};

const eachJob = (client: pg.Client, schema: string, take: (row: ScheduleRow) => void): Promise<void> => {
  const text = `SELECT job_id, tenant, application_id, schedule_fields, rules, tail, enabled, deleted, job_revision,
    runs_revision, target, labels FROM ${schema}.schedule`;
  const statement = { text, rowMode: 'array' } as const;
  return eachRow<JobColumns>(client.query(new pg.Query<JobColumns>(statement)), (row) => take(rowOf(row)));
};

/** The rows of a query that the driver does not collect. */
type ArrivingRows<Row> = {
  on(event: 'row', take: (row: Row) => void): unknown;
  on(event: 'error', fail: (error: Error) => void): unknown;
  on(event: 'end', end: () => void): unknown;
};

/** Passes on each row as it arrives, so that not all are in memory. */
const eachRow = async <Row>(rows: ArrivingRows<Row>, take: (row: Row) => void): Promise<void> => {
  await new Promise<void>((resolve, reject) => {
    let failed = false;
    rows.on('row', (row) => {
      try {
        if (!failed) take(row);
      } catch (error) {
        failed = true;
        reject(error);
      }
    });
    rows.on('error', reject);
    rows.on('end', () => resolve());
  });
};

const rowOf = (row: JobColumns) => ({
  jobId: Number(row[0]),
  tenant: row[1],
  applicationId: Number(row[2]),
  scheduleFields: usualFields(row[3]) ?? ScheduleFields.parse(JSON.parse(row[3])),
  rules: row[4] ?? undefined,
  tail: row[5] === null ? undefined : (idleTail(row[5]) ?? RunTail.parse(JSON.parse(row[5]))),
  enabled: row[6],
  deleted: row[7],
  jobRevision: Number(row[8]),
  runsRevision: Number(row[9]),
  target: row[10] ?? undefined,
  labels: row[11] ?? undefined,
});

const INSTANT = '\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d\\.\\d{3}Z';
const USUAL_FIELDS = new RegExp(`^{"pattern":"([^"\\\\]*)","timezone":"([^"\\\\]*)","scheduleSince":"(${INSTANT})"}$`);
const IDLE_TAIL = new RegExp(`^{"jobRevision":(\\d+),"cursor":"(${INSTANT})","runs":(\\d+),"open":\\[\\]}$`);

/** Reads the fields of most jobs from JSON without blanks, which is faster than their schema. */
const usualFields = (text: string): ScheduleFields | undefined => {
  const [, pattern, timezone, scheduleSince] = USUAL_FIELDS.exec(text) ?? [];
  if (pattern === undefined || timezone === undefined || scheduleSince === undefined) return undefined;
  return { pattern, timezone, scheduleSince };
};

/** Reads the tail of most jobs in the same way. */
const idleTail = (text: string): RunTail | undefined => {
  const [, jobRevision, cursor, runs] = IDLE_TAIL.exec(text) ?? [];
  if (cursor === undefined) return undefined;
  return { jobRevision: Number(jobRevision), cursor, runs: Number(runs), open: [] };
};
