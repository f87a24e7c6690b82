import pg from 'pg';
import { z } from 'zod';
import { boundedConfig, breakConnection, closeConnection } from '../db/bounds.ts';
import { type CalendarVersion, datesUntil } from '../domain/closure/calendars.ts';
import type { PauseVersion } from '../domain/closure/closure-book.ts';
import { Limit, PauseScope, RunTail, ScheduleFields, Secret, TlsSettings, Variable } from '../domain/events/index.ts';
import { toInstant } from '../domain/values.ts';
import type { Position } from '../event-store/port.ts';
import type { Timers } from '../runtime/world.ts';
import { earlier } from './checkpoints.ts';
import { viewSchema } from './projection.ts';
import { closures } from './read-models/closures.ts';
import { schedule } from './read-models/schedule.ts';

/** What engines know as `ScheduledJob`. */
export type ScheduleRow = ReturnType<typeof rowOf>;
export type LoadedSchedule = Awaited<ReturnType<typeof loadSchedule>>;

type ScheduleCheckpoint = {
  /** The position to subscribe after; undefined means from the beginning. */
  readonly position: Position | undefined;
  /** The last event that was applied to the rows. */
  readonly lastEvent: { readonly logId: string; readonly position: Position; readonly eventId: string } | undefined;
};

export type ScheduleSource = { readonly databaseUrl: string; readonly timers: Timers };

type CheckpointColumns = [
  kind: 'checkpoint',
  position: string | null,
  log_id: string | null,
  event_position: string | null,
  event_id: string | null,
];
type ValuesColumns = [
  kind: 'values',
  application_id: string,
  revision: string,
  variables: string,
  secrets: string,
  limits: string,
  tls: string,
  enabled: null,
  deleted: boolean,
];
type JobColumns = [
  kind: 'job',
  job_id: string,
  tenant: string,
  application_id: string,
  schedule_fields: string,
  rules: string | null,
  tail: string | null,
  enabled: boolean,
  deleted: boolean,
  job_revision: number,
  runs_revision: number,
  target: string | null,
];
type ClosuresCheckpointColumns = [kind: 'closures', position: string | null];
type CalendarColumns = [
  kind: 'calendar',
  tenant: string,
  name: string,
  revision: string,
  dates: string,
  validity_ms: string,
  deleted: string,
];
type PauseColumns = [kind: 'pause', pause: string];
type Columns =
  | CheckpointColumns
  | ValuesColumns
  | JobColumns
  | ClosuresCheckpointColumns
  | CalendarColumns
  | PauseColumns;

const views = viewSchema(schedule);
const closureViews = viewSchema(closures);
const PAGE = 500;

const ms = (column: string): string => `(extract(epoch FROM ${column}) * 1000)::float8`;
/** No slot is unsettled for so long. */
const isRemembered = (end: string): string => `(${end} IS NULL OR ${end} > clock_timestamp() - interval '1 year')`;

// One statement, so that all rows and their checkpoints belong to one generation and one moment, even while a rebuilt
// generation is swapped in. The kind in the first column says what the other columns hold.
const SELECT = `
  SELECT 'checkpoint' AS kind, position, log_id, event_position, event_id, NULL, NULL,
    NULL::boolean, NULL::boolean, NULL::integer, NULL::integer, NULL
  FROM ${views}.checkpoint
  UNION ALL
  SELECT 'closures', position, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL
  FROM ${closureViews}.checkpoint
  UNION ALL
  (SELECT 'calendar', tenant, name, revision::text, dates, concat_ws(' ', ${ms('valid_from')}, ${ms('valid_to')}), deleted::text,
    NULL, NULL, NULL, NULL, NULL
  FROM ${closureViews}.calendars WHERE ${isRemembered('valid_to')} ORDER BY tenant, name, revision)
  UNION ALL
  SELECT 'pause', json_build_object('pauseId', pause_id, 'tenant', tenant, 'scope', scope,
      'applicationId', application_id, 'jobId', job_id, 'target', target, 'sinceMs', ${ms('since')}, 'endedMs', ${ms('ended_at')},
      'revision', revision)::text,
    NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL
  FROM ${closureViews}.pauses WHERE ${isRemembered('ended_at')}
  UNION ALL
  SELECT 'values', application_id::text, revision::text, variables, secrets, limits, tls,
    NULL, deleted, NULL, NULL, NULL
  FROM ${views}.application_values
  WHERE variables <> '[]' OR secrets <> '[]' OR limits <> '[]' OR tls <> '[]' OR deleted
  UNION ALL
  SELECT 'job', job_id::text, tenant, application_id::text, schedule_fields, rules, tail,
    enabled, deleted, job_revision, runs_revision, target
  FROM ${views}.schedule`;

/**
 * Loads the schedule of all jobs as of one moment and passes it to `take` in pages. Returns closures, the values of those
 * applications that have any or are deleted, and the checkpoint of that moment. Rows are passed on as they arrive, so that
 * a million rows are never held in memory.
 */
export const loadSchedule = async (source: ScheduleSource, take: (rows: readonly ScheduleRow[]) => void) => {
  let checkpoint: ScheduleCheckpoint = { position: undefined, lastEvent: undefined };
  const applications: ReturnType<typeof valuesOf>[] = [];
  const calendars: CalendarVersion[] = [];
  const pauses: PauseVersion[] = [];
  let closuresPosition: Position | undefined;
  let page: ScheduleRow[] = [];
  const handOut = (): void => {
    const full = page;
    page = [];
    take(full);
  };
  await eachRow(source, (row) => {
    switch (row[0]) {
      case 'checkpoint':
        checkpoint = checkpointOf(row);
        break;
      case 'values':
        applications.push(valuesOf(row));
        break;
      case 'closures':
        closuresPosition = row[1] ?? undefined;
        break;
      case 'calendar':
        calendars.push(calendarOf(row));
        break;
      case 'pause':
        pauses.push(pauseOf(row));
        break;
      case 'job':
        if (page.push(rowOf(row)) === PAGE) handOut();
        break;
    }
  });
  if (page.length > 0) handOut();
  const position = earlier(checkpoint.position, closuresPosition);
  return { ...checkpoint, position, applications, closures: { calendars, pauses } };
};

/** Timeout for loading all rows; a million rows take seconds. */
const LOAD_MS = 600_000;
/** Timeout between two rows. */
const SILENCE_MS = 15_000;

const eachRow = async ({ databaseUrl, timers }: ScheduleSource, take: (row: Columns) => void): Promise<void> => {
  // With a query timeout, the driver would collect all rows first and would not report a failure.
  const { query_timeout: _, ...bounds } = boundedConfig({ name: 'carillon schedule', answerMs: LOAD_MS });
  const client = new pg.Client({ connectionString: databaseUrl, ...bounds });
  client.on('error', () => {});
  let seen = 0;
  const watch = (before: number): void => {
    if (seen === before) breakConnection(client, `Postgres sent no row of the schedule for ${SILENCE_MS} ms`);
    else cancelWatch = timers.after(SILENCE_MS, () => watch(seen));
  };
  let cancelWatch = timers.after(SILENCE_MS, () => watch(0));
  try {
    await client.connect();
    await new Promise<void>((resolve, reject) => {
      const statement = { text: SELECT, rowMode: 'array' } as const;
      const rows = client.query(new pg.Query<Columns>(statement));
      let failed = false;
      rows.on('row', (row) => {
        seen += 1;
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
  } finally {
    cancelWatch();
    await closeConnection(client);
  }
};

const checkpointOf = ([, position, logId, eventPosition, eventId]: CheckpointColumns): ScheduleCheckpoint => ({
  position: position ?? undefined,
  lastEvent:
    logId !== null && eventPosition !== null && eventId !== null
      ? { logId, position: eventPosition, eventId }
      : undefined,
});

const valuesOf = ([, applicationId, revision, variables, secrets, limits, tls, , deleted]: ValuesColumns) => ({
  applicationId: Number(applicationId),
  revision: Number(revision),
  variables: z.array(Variable).parse(JSON.parse(variables)),
  secrets: z.array(Secret).parse(JSON.parse(secrets)),
  limits: z.array(Limit).parse(JSON.parse(limits)),
  tls: z.array(TlsSettings).parse(JSON.parse(tls)),
  deleted,
});

const calendarOf = ([, tenant, name, revision, dates, validityMs, deleted]: CalendarColumns): CalendarVersion => {
  const [fromMs = 0, untilMs = Number.POSITIVE_INFINITY] = validityMs.split(' ').map(Number);
  const version = { dates: z.array(z.string()).parse(JSON.parse(dates)), since: toInstant(fromMs) };
  return { tenant, name, revision: Number(revision), ...datesUntil(version, untilMs), deleted: deleted === 'true' };
};

const PauseJson = z.object({
  pauseId: z.int(),
  tenant: z.string(),
  scope: PauseScope,
  applicationId: z.int().nullable(),
  jobId: z.int().nullable(),
  target: z.string().nullable(),
  sinceMs: z.number(),
  endedMs: z.number().nullable(),
  revision: z.int(),
});

/** The pause, as far as it says what it binds and when. */
const pauseOf = ([, pause]: PauseColumns): PauseVersion => {
  const { pauseId, tenant, scope, applicationId, jobId, target, sinceMs, endedMs, revision } = PauseJson.parse(
    JSON.parse(pause),
  );
  return {
    pauseId,
    tenant,
    scope,
    ...(applicationId === null ? {} : { applicationId }),
    ...(jobId === null ? {} : { jobId }),
    ...(target === null ? {} : { target }),
    since: toInstant(sinceMs),
    ...(endedMs === null ? {} : { until: toInstant(endedMs) }),
    revision,
  };
};

const rowOf = (row: JobColumns) => ({
  jobId: Number(row[1]),
  tenant: row[2],
  applicationId: Number(row[3]),
  scheduleFields: ScheduleFields.parse(JSON.parse(row[4])),
  rules: row[5] ?? undefined,
  tail: row[6] === null ? undefined : RunTail.parse(JSON.parse(row[6])),
  enabled: row[7],
  deleted: row[8],
  jobRevision: row[9],
  runsRevision: row[10],
  target: row[11] ?? undefined,
});
