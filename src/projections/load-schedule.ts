import pg from 'pg';
import { z } from 'zod';
import { boundedConfig, breakConnection, closeConnection } from '../db/bounds.ts';
import { type CalendarVersion, datesUntil } from '../domain/closure/calendars.ts';
import type { PauseVersion } from '../domain/closure/closure-book.ts';
import {
  CatchUp,
  Hooks,
  Limit,
  PauseScope,
  RunTail,
  ScheduleFields,
  Secret,
  TlsSettings,
  Variable,
} from '../domain/events/index.ts';
import { IdRanges } from '../domain/id-ranges.ts';
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

/** A row of a job; a million of them are read faster than as JSON. */
type JobColumns = [
  other: null,
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
  labels: string | null,
];
type Columns = JobColumns | [other: string];

/** Rows of another kind, as JSON. */
const OtherRow = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('checkpoint'),
    position: z.string().nullable(),
    logId: z.string().nullable(),
    eventPosition: z.string().nullable(),
    eventId: z.string().nullable(),
  }),
  z.object({
    kind: z.literal('values'),
    applicationId: z.int(),
    revision: z.int(),
    variables: z.array(Variable),
    secrets: z.array(Secret),
    limits: z.array(Limit),
    tls: z.array(TlsSettings),
    hooks: Hooks,
    deleted: z.boolean(),
  }),
  z.object({ kind: z.literal('closures'), position: z.string().nullable() }),
  z.object({
    kind: z.literal('calendar'),
    tenant: z.string(),
    name: z.string(),
    revision: z.int(),
    dates: z.array(z.string()),
    fromMs: z.number(),
    untilMs: z.number().nullable(),
    deleted: z.boolean(),
  }),
  z.object({
    kind: z.literal('pause'),
    pauseId: z.int(),
    tenant: z.string(),
    scope: PauseScope,
    applicationId: z.int().nullable(),
    jobId: z.int().nullable(),
    target: z.string().nullable(),
    labels: z.record(z.string(), z.string()).nullable(),
    jobs: IdRanges.nullable(),
    catchUp: CatchUp.nullable(),
    createdMs: z.number(),
    endedMs: z.number().nullable(),
    revision: z.int(),
  }),
]);
type RowOf<Kind> = Extract<z.infer<typeof OtherRow>, { readonly kind: Kind }>;

const views = viewSchema(schedule);
const closureViews = viewSchema(closures);
const PAGE = 500;

const ms = (column: string): string => `(extract(epoch FROM ${column}) * 1000)::float8`;
/** No slot is unsettled for so long. */
const isRemembered = (end: string): string => `(${end} IS NULL OR ${end} > clock_timestamp() - interval '1 year')`;

/** All slots of a bulk are settled when its pause ends, or within the hour where the bulk was cancelled. */
const isNoEndedBulk = `(scope <> 'jobs' OR ended_at > clock_timestamp() - interval '1 day')`;

/** @param fields the names in the JSON, each with its SQL */
const others = (kind: string, fields: Readonly<Record<string, string>>, from: string): string => `
  UNION ALL (
    SELECT json_build_object('kind', '${kind}', ${Object.entries(fields).flatMap(([name, value]) => [`'${name}'`, value])})::text,
      NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL
    FROM ${from}
  )`;

// One statement, so that all rows and their checkpoints belong to one generation and one moment, even while a rebuilt
// generation is swapped in.
const SELECT = [
  `SELECT NULL, job_id, tenant, application_id, schedule_fields, rules, tail, enabled, deleted, job_revision, runs_revision,
     target, labels
   FROM ${views}.schedule`,
  others(
    'checkpoint',
    { position: 'position', logId: 'log_id', eventPosition: 'event_position', eventId: 'event_id' },
    `${views}.checkpoint`,
  ),
  others('closures', { position: 'position' }, `${closureViews}.checkpoint`),
  others(
    'calendar',
    {
      ...{ tenant: 'tenant', name: 'name', revision: 'revision', dates: 'dates::json', deleted: 'deleted' },
      ...{ fromMs: ms('valid_from'), untilMs: ms('valid_to') },
    },
    `${closureViews}.calendars WHERE ${isRemembered('valid_to')} ORDER BY tenant, name, revision`,
  ),
  others(
    'pause',
    {
      ...{ pauseId: 'pause_id', tenant: 'tenant', scope: 'scope', applicationId: 'application_id', jobId: 'job_id' },
      ...{
        target: 'target',
        labels: 'labels::json',
        jobs: 'jobs::json',
        catchUp: 'catch_up',
        createdMs: ms('created_at'),
        endedMs: ms('ended_at'),
        revision: 'revision',
      },
    },
    `${closureViews}.pauses WHERE ${isRemembered('ended_at')} AND ${isNoEndedBulk}`,
  ),
  others(
    'values',
    {
      ...{ applicationId: 'application_id', revision: 'revision', deleted: 'deleted' },
      ...{
        variables: 'variables::json',
        secrets: 'secrets::json',
        limits: 'limits::json',
        tls: 'tls::json',
        hooks: 'hooks::json',
      },
    },
    `${views}.application_values
     WHERE variables <> '[]' OR secrets <> '[]' OR limits <> '[]' OR tls <> '[]' OR hooks <> '{}' OR deleted`,
  ),
].join('');

/**
 * Loads the schedule of all jobs as of one moment and passes it to `take` in pages. Returns closures, the values of those
 * applications that have any or are deleted, and the checkpoint of that moment. Rows are passed on as they arrive, so that
 * a million rows are never held in memory.
 */
export const loadSchedule = async (source: ScheduleSource, take: (rows: readonly ScheduleRow[]) => void) => {
  let checkpoint: ScheduleCheckpoint = { position: undefined, lastEvent: undefined };
  const applications: Omit<RowOf<'values'>, 'kind'>[] = [];
  const calendars: CalendarVersion[] = [];
  const pauses: PauseVersion[] = [];
  let closuresPosition: Position | undefined;
  let page: ScheduleRow[] = [];
  const handOut = (): void => {
    const full = page;
    page = [];
    take(full);
  };
  await eachRow(source, (columns) => {
    const [other] = columns;
    if (other === null) {
      if (page.push(rowOf(columns)) === PAGE) handOut();
      return;
    }
    const row = OtherRow.parse(JSON.parse(other));
    switch (row.kind) {
      case 'checkpoint':
        checkpoint = checkpointOf(row);
        break;
      case 'values': {
        const { kind: _, ...values } = row;
        applications.push(values);
        break;
      }
      case 'closures':
        closuresPosition = row.position ?? undefined;
        break;
      case 'calendar':
        calendars.push(calendarOf(row));
        break;
      case 'pause':
        pauses.push(pauseOf(row));
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

const checkpointOf = ({ position, logId, eventPosition, eventId }: RowOf<'checkpoint'>): ScheduleCheckpoint => ({
  position: position ?? undefined,
  lastEvent:
    logId !== null && eventPosition !== null && eventId !== null
      ? { logId, position: eventPosition, eventId }
      : undefined,
});

const calendarOf = ({ kind: _, dates, fromMs, untilMs, ...version }: RowOf<'calendar'>): CalendarVersion => ({
  ...version,
  ...datesUntil({ dates, updatedAt: toInstant(fromMs) }, untilMs ?? Number.POSITIVE_INFINITY),
});

/** The pause, as far as it says what it binds and when. */
const pauseOf = ({ pauseId, tenant, scope, revision, ...row }: RowOf<'pause'>): PauseVersion => ({
  ...{ pauseId, tenant, scope },
  ...(row.applicationId === null ? {} : { applicationId: row.applicationId }),
  ...(row.jobId === null ? {} : { jobId: row.jobId }),
  ...(row.target === null ? {} : { target: row.target }),
  ...(row.labels === null ? {} : { labels: row.labels }),
  ...(row.jobs === null ? {} : { jobs: row.jobs }),
  ...(row.catchUp === null ? {} : { catchUp: row.catchUp }),
  createdAt: toInstant(row.createdMs),
  ...(row.endedMs === null ? {} : { until: toInstant(row.endedMs) }),
  revision,
});

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
  labels: row[12] ?? undefined,
});
