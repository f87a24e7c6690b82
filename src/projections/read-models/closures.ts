import type { ClientBase } from 'pg';
import { type Column, incomingRows, storable } from '../columns.ts';
import { defineProjection } from '../projection.ts';
import { type CalendarRow, type ClosureChanges, foldClosures, type PauseRow } from './closures-fold.ts';

const calendarColumns: readonly Column<CalendarRow>[] = [
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

const pauseColumns: readonly Column<PauseRow>[] = [
  ['pause_id', 'bigint', ({ pauseId }) => pauseId],
  ['tenant', 'text', ({ tenant }) => storable(tenant)],
  ['scope', 'text', ({ scope }) => scope],
  ['application_id', 'bigint', ({ applicationId }) => applicationId ?? null],
  ['target', 'text', ({ target }) => target ?? null],
  ['reason', 'text', ({ reason }) => (reason === undefined ? null : storable(reason))],
  ['since', 'timestamptz', ({ since }) => since],
  ['until', 'timestamptz', ({ until }) => until ?? null],
  ['set_by', 'text', ({ setBy }) => storable(setBy)],
  ['lifted_at', 'timestamptz', ({ liftedAt }) => liftedAt ?? null],
  ['lifted_by', 'text', ({ liftedBy }) => (liftedBy === undefined ? null : storable(liftedBy))],
  ['revision', 'integer', ({ revision }) => revision],
];

/** What closes spans of time to the slots of jobs: every version of each calendar, and pauses, also those that ended. */
export const closures = defineProjection<ClosureChanges>({
  name: 'closures',
  shape: '2',
  streamPrefixes: ['calendar-', 'pause-'],
  views: ['calendars', 'pauses'],
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
    );
    CREATE TABLE ${schema}.pauses (
      pause_id bigint PRIMARY KEY,
      tenant text NOT NULL,
      scope text NOT NULL,
      application_id bigint,
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
      pauses.size > 0 ? writePauses(client, schema, pauses.values()) : undefined,
    ]);
  },
});

const writeCalendars = async (client: ClientBase, schema: string, versions: readonly CalendarRow[]): Promise<void> => {
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

const writePauses = async (client: ClientBase, schema: string, rows: Iterable<PauseRow>): Promise<void> => {
  const { names, source, values } = incomingRows(pauseColumns, rows);
  await client.query({
    name: `${schema}_pauses`,
    text: `INSERT INTO ${schema}.pauses AS kept (${names}) SELECT ${names} FROM ${source}
     ON CONFLICT (pause_id) DO UPDATE SET
       lifted_at = excluded.lifted_at, lifted_by = excluded.lifted_by, revision = excluded.revision
     WHERE kept.revision < excluded.revision`,
    values,
  });
};
