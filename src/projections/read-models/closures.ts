import type { ClientBase } from 'pg';
import { incomingRows } from '../columns.ts';
import { defineProjection } from '../projection.ts';
import { type CalendarChange, calendarRecord, pauseRecord } from '../queries/records/closures.ts';
import { writeNewest } from '../write-records.ts';
import { type ClosureChanges, foldClosures } from './closures-fold.ts';

/** What closes spans of time to the slots of jobs: every version of each calendar, and pauses, also those that ended. */
export const closures = defineProjection<ClosureChanges>({
  name: 'closures',
  shape: '3',
  streamPrefixes: ['calendar-', 'pause-'],
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
      reason text,
      since timestamptz NOT NULL,
      until timestamptz,
      set_by text NOT NULL,
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
