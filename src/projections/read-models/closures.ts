import type { ClientBase } from 'pg';
import { isCalendarEvent, isPauseEvent } from '../../domain/events/families.ts';
import { PREFIX_OF } from '../../domain/streams.ts';
import type { RecordedEvent } from '../../event-store/port.ts';
import { defineProjection } from '../projection.ts';
import { type CalendarChange, calendarRecord, type PauseChange, pauseRecord } from '../queries/records/closures.ts';
import { incomingRows, writeNewest } from '../write-records.ts';

type ClosureChanges = {
  /** Oldest first. */
  readonly calendars: readonly CalendarChange[];
  readonly pauses: ReadonlyMap<number, PauseChange>;
};

/**
 * Folds the events of calendars and pauses. Each event of a calendar is a version that the next one ends; the last
 * event of a pause holds it whole.
 */
export const foldClosures = (events: readonly RecordedEvent[]): ClosureChanges | undefined => {
  const calendars: CalendarChange[] = [];
  const newest = new Map<string, number>();
  const pauses = new Map<number, PauseChange>();
  for (const event of events) {
    if (isPauseEvent(event))
      pauses.set(event.data.pauseId, { ...pauseRecord.blank, ...event.data, revision: event.revision });
    if (!isCalendarEvent(event)) continue;
    const { stream, revision, data } = event;
    const before = newest.get(stream);
    const ended = before === undefined ? undefined : calendars[before];
    if (before !== undefined && ended) calendars[before] = { ...ended, until: data.updatedAt };
    const deleted = event.type === 'CalendarDeleted';
    const version = { ...calendarRecord.blank, ...data, dateCount: data.dates.length, revision, deleted };
    newest.set(stream, calendars.push(version) - 1);
  }
  return calendars.length + pauses.size === 0 ? undefined : { calendars, pauses };
};

/** What closes spans of time to the slots of jobs: every version of each calendar, and pauses, also those that ended. */
export const closures = defineProjection<ClosureChanges>({
  name: 'closures',
  shape: '6',
  streamPrefixes: [PREFIX_OF.calendar, PREFIX_OF.pause],
  views: ['calendars', 'pauses'],
  tables: (schema) => `
    CREATE TABLE ${schema}.calendars (${calendarRecord.ddl});
    CREATE TABLE ${schema}.pauses (
      pause_id bigint PRIMARY KEY,
      tenant text NOT NULL,
      scope text NOT NULL,
      application_id bigint,
      job_id bigint,
      target text,
      labels text,
      jobs text,
      operation_id bigint,
      catch_up text,
      reason text,
      created_at timestamptz NOT NULL,
      until timestamptz,
      created_by text NOT NULL,
      lifted_at timestamptz,
      lifted_by text,
      ended_at timestamptz GENERATED ALWAYS AS (least(until, lifted_at)) STORED,
      revision integer NOT NULL
    )`,
  indexes: (schema) => `CREATE INDEX IF NOT EXISTS pauses_by_end ON ${schema}.pauses (ended_at)`,
  fold: foldClosures,
  write: async (client, schema, { calendars, pauses }) => {
    await Promise.all([
      calendars.length > 0 ? writeCalendars(client, schema, calendars) : undefined,
      pauses.size > 0 ? writeNewest(client, `${schema}.pauses`, { ...pauseRecord, rows: pauses.values() }) : undefined,
    ]);
  },
});

const writeCalendars = async (
  client: ClientBase,
  schema: string,
  versions: readonly CalendarChange[],
): Promise<void> => {
  const { names, source, values } = incomingRows(calendarRecord.columns, versions);
  await client.query({
    name: `${schema}_calendars`,
    text: `WITH incoming AS MATERIALIZED (SELECT * FROM ${source}),
     first AS (
       SELECT DISTINCT ON (tenant, name) tenant, name, revision, valid_from
       FROM incoming ORDER BY tenant, name, revision
     ),
     ended AS (
       UPDATE ${schema}.calendars AS kept SET valid_to = first.valid_from FROM first
       WHERE kept.tenant = first.tenant AND kept.name = first.name
         AND kept.valid_to IS NULL AND kept.revision < first.revision
     )
     INSERT INTO ${schema}.calendars (${names}) SELECT ${names} FROM incoming
     ON CONFLICT (tenant, name, revision) DO NOTHING`,
    values,
  });
};
