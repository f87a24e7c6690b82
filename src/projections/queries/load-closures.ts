import { sql } from 'slonik';
import type { RowReader, RowReaderFor } from '../../db/reader.ts';
import { type ClosureBook, createClosureBook } from '../../domain/closure/closure-book.ts';
import { toInstant } from '../../domain/values.ts';
import type { TenantScope } from './port/scope.ts';
import { calendarVersion, pauseVersion } from './records/closures.ts';
import { views } from './views.ts';

export type ClosureSearch = {
  readonly tenants: readonly string[];
  /** Names of calendars. */
  readonly calendars: readonly string[];
  /** What ended before is left out, epoch ms. */
  readonly afterMs: number;
};

/** Loads the pauses of these tenants and of the installation, and calendars of theirs. */
export const loadClosureBook = async (
  reader: RowReader,
  { tenants, calendars, afterMs }: ClosureSearch,
): Promise<ClosureBook> => {
  const after = sql.fragment`${toInstant(afterMs)}::timestamptz`;
  const ofTenants = sql.fragment`tenant = ANY (${sql.array([...tenants], 'text')})`;
  const [versions, pauses] = await Promise.all([
    calendars.length === 0
      ? []
      : reader.any(sql.type(calendarVersion.row)`
          SELECT ${calendarVersion.selected} FROM ${views.calendars} AS calendar
          WHERE ${ofTenants} AND name = ANY (${sql.array([...calendars], 'text')})
            AND (valid_to IS NULL OR valid_to > ${after})
          ORDER BY tenant, name, revision`),
    reader.any(sql.type(pauseVersion.row)`
      SELECT ${pauseVersion.selected} FROM ${views.pauses} AS pause
      WHERE (${ofTenants} OR scope = 'installation') AND (ended_at IS NULL OR ended_at > ${after})`),
  ]);
  const book = createClosureBook();
  for (const version of versions) book.setCalendar(version);
  for (const row of pauses) book.setPause(pauseVersion.view(row));
  return book;
};

/** What closes the jobs of a tenant: its pauses, those of the installation, and these calendars. */
export const loadClosures =
  (readerFor: RowReaderFor) =>
  (
    scope: TenantScope,
    search: Pick<ClosureSearch, 'afterMs'> & { readonly calendars: readonly string[] },
  ): Promise<ClosureBook> =>
    loadClosureBook(readerFor(scope), { tenants: [scope.tenant], ...search });
