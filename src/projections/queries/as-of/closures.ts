import { sql } from 'slonik';
import { z } from 'zod';
import type { RowReader } from '../../../db/reader.ts';
import { type ClosureBook, createClosureBook } from '../../../domain/closures/closure-book.ts';
import { PauseScope } from '../../../domain/events/index.ts';
import type { ClosureSearch } from '../load-closures.ts';
import { bigint, instant, json } from '../row.ts';
import { views } from '../views.ts';

const CalendarRow = z.object({
  tenant: z.string(),
  name: z.string(),
  revision: z.int(),
  deleted: z.boolean(),
  dates: json.pipe(z.array(z.string())),
  since: instant,
});

const PauseRow = z.object({
  pause_id: bigint,
  tenant: z.string(),
  scope: PauseScope,
  application_id: bigint.nullable(),
  target: z.string().nullable(),
  since: instant,
  until: instant.nullable(),
  lifted_at: instant.nullable(),
  revision: z.int(),
});

/** The calendars and pauses as they were known at an instant. When each became known, the read model of changes says. */
export const loadClosureBookAsOf = async (
  reader: RowReader,
  { tenants, calendars }: Pick<ClosureSearch, 'tenants' | 'calendars'>,
  asOf: string,
): Promise<ClosureBook> => {
  const ofTenants = sql.fragment`tenant = ANY (${sql.array([...tenants], 'text')})`;
  const [versions, pauses] = await Promise.all([
    calendars.length === 0
      ? []
      : reader.any(sql.type(CalendarRow)`
          SELECT tenant, name, revision, deleted, dates, valid_from AS since FROM ${views.calendars} AS calendar
          WHERE ${ofTenants} AND name = ANY (${sql.array([...calendars], 'text')}) AND EXISTS (
            SELECT FROM ${views.changes} AS change
            WHERE change.kind = 'calendar' AND change.key = calendar.name AND change.tenant = calendar.tenant
              AND change.revision = calendar.revision AND change.at <= ${asOf}::timestamptz)
          ORDER BY tenant, name, revision`),
    reader.any(sql.type(PauseRow)`
      SELECT pause_id, pause.tenant, scope, pause.application_id, target, since, until, pause.revision,
        (known.fields::json ->> 'liftedAt')::timestamptz AS lifted_at
      FROM ${views.pauses} AS pause CROSS JOIN LATERAL (
        SELECT change.fields FROM ${views.changes} AS change
        WHERE change.kind = 'pause' AND change.key = pause.pause_id::text AND change.at <= ${asOf}::timestamptz
        ORDER BY change.revision DESC LIMIT 1
      ) AS known
      WHERE (pause.${ofTenants} OR scope = 'installation')`),
  ]);
  const book = createClosureBook();
  for (const version of versions) book.setCalendar(version);
  for (const row of pauses) {
    const ends = [row.until, row.lifted_at].filter((end) => end !== null).sort();
    book.setPause({
      pauseId: row.pause_id,
      tenant: row.tenant,
      scope: row.scope,
      ...(row.application_id === null ? {} : { applicationId: row.application_id }),
      ...(row.target === null ? {} : { target: row.target }),
      since: row.since,
      ...(ends[0] === undefined ? {} : { until: ends[0] }),
      revision: row.revision,
    });
  }
  return book;
};
