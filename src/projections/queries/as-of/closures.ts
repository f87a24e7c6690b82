import { sql } from 'slonik';
import type { RowReader } from '../../../db/reader.ts';
import { type ClosureBook, createClosureBook } from '../../../domain/closure/closure-book.ts';
import type { ClosureSearch } from '../load-closures.ts';
import { calendarVersion, pauseVersion } from '../records/closures.ts';
import { instant } from '../row.ts';
import { views } from '../views.ts';

const KnownPause = pauseVersion.row.extend({ knownLiftedAt: instant.nullable() });

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
      : reader.any(sql.type(calendarVersion.row)`
          SELECT ${calendarVersion.selected} FROM ${views.calendars} AS calendar
          WHERE ${ofTenants} AND name = ANY (${sql.array([...calendars], 'text')}) AND EXISTS (
            SELECT FROM ${views.changes} AS change
            WHERE change.kind = 'calendar' AND change.key = calendar.name AND change.tenant = calendar.tenant
              AND change.revision = calendar.revision AND change.at <= ${asOf}::timestamptz)
          ORDER BY tenant, name, revision`),
    reader.any(sql.type(KnownPause)`
      SELECT ${pauseVersion.selected}, (known.fields::json ->> 'liftedAt')::timestamptz AS "knownLiftedAt"
      FROM ${views.pauses} AS pause CROSS JOIN LATERAL (
        SELECT change.fields FROM ${views.changes} AS change
        WHERE change.kind = 'pause' AND change.key = pause.pause_id::text AND change.at <= ${asOf}::timestamptz
        ORDER BY change.revision DESC LIMIT 1
      ) AS known
      WHERE (pause.${ofTenants} OR scope = 'installation')`),
  ]);
  const book = createClosureBook();
  for (const version of versions) book.setCalendar(version);
  for (const row of pauses) book.setPause(pauseVersion.view({ ...row, liftedAt: row.knownLiftedAt }));
  return book;
};
