import type { ClientBase } from 'pg';
import { type Column, incomingRows, storable } from '../columns.ts';
import { defineProjection } from '../projection.ts';
import { type CalendarVersion, type ClosureChanges, foldClosures } from './closures-fold.ts';

const calendarColumns: readonly Column<CalendarVersion>[] = [
  ['tenant', 'text', ({ tenant }) => storable(tenant)],
  ['name', 'text', ({ name }) => storable(name)],
  ['revision', 'integer', ({ revision }) => revision],
  ['deleted', 'boolean', ({ deleted }) => deleted],
  ['dates', 'json text', ({ dates }) => JSON.stringify(dates)],
  ['date_count', 'integer', ({ dates }) => dates.length],
  ['description', 'text', ({ description }) => (description === undefined ? null : storable(description))],
  ['valid_from', 'timestamptz', ({ since }) => since],
  ['valid_to', 'timestamptz', ({ until }) => until ?? null],
  ['set_by', 'text', ({ setBy }) => storable(setBy)],
];

/** What closes spans of time to the slots of jobs: every version of each calendar. */
export const closures = defineProjection<ClosureChanges>({
  name: 'closures',
  shape: '1',
  streamPrefixes: ['calendar-'],
  views: ['calendars'],
  tables: (schema) => `
    CREATE TABLE ${schema}.calendars (
      tenant text NOT NULL,
      name text COLLATE "C" NOT NULL,
      revision integer NOT NULL,
      deleted boolean NOT NULL,
      dates text NOT NULL,
      date_count integer NOT NULL,
      description text,
      valid_from timestamptz NOT NULL,
      valid_to timestamptz,
      set_by text NOT NULL,
      PRIMARY KEY (tenant, name, revision)
    )`,
  indexes: () => '',
  fold: foldClosures,
  write: async (client, schema, { calendars }) => writeCalendars(client, schema, calendars),
});

const writeCalendars = async (
  client: ClientBase,
  schema: string,
  versions: readonly CalendarVersion[],
): Promise<void> => {
  const { names, source, values } = incomingRows(calendarColumns, versions);
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
