import { sql } from 'slonik';
import { z } from 'zod';
import type { RowReader, RowReaderFor } from '../../db/reader.ts';
import { type ClosureBook, createClosureBook } from '../../domain/closures/closure-book.ts';
import { PauseScope } from '../../domain/events/index.ts';
import { toInstant } from '../../domain/values.ts';
import type { TenantScope } from './port/scope.ts';
import { bigint, instant, json } from './row.ts';
import { views } from './views.ts';

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
  ended_at: instant.nullable(),
  revision: z.int(),
});

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
      : reader.any(sql.type(CalendarRow)`
          SELECT tenant, name, revision, deleted, dates, valid_from AS since FROM ${views.calendars}
          WHERE ${ofTenants} AND name = ANY (${sql.array([...calendars], 'text')})
            AND (valid_to IS NULL OR valid_to > ${after})
          ORDER BY tenant, name, revision`),
    reader.any(sql.type(PauseRow)`
      SELECT pause_id, tenant, scope, application_id, target, since, ended_at, revision FROM ${views.pauses}
      WHERE (${ofTenants} OR scope = 'installation') AND (ended_at IS NULL OR ended_at > ${after})`),
  ]);
  const book = createClosureBook();
  for (const version of versions) book.setCalendar(version);
  for (const { pause_id, tenant, scope, application_id, target, since, ended_at, revision } of pauses) {
    book.setPause({
      pauseId: pause_id,
      tenant,
      scope,
      ...(application_id === null ? {} : { applicationId: application_id }),
      ...(target === null ? {} : { target }),
      since,
      ...(ended_at === null ? {} : { until: ended_at }),
      revision,
    });
  }
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
