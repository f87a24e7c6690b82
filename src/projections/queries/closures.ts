import { type FragmentSqlToken, sql } from 'slonik';
import { z } from 'zod';
import type { RowReader } from '../../db/reader.ts';
import { type ClosureBook, createClosureBook } from '../../domain/closure/closure-book.ts';
import { Pause } from '../../domain/events/index.ts';
import { toInstant } from '../../domain/values.ts';
import type { Clock } from '../../runtime/runtime.ts';
import type { QueryContext } from './context.ts';
import { documentQueries, isCurrent, readDocument, readDocuments } from './documents.ts';
import { CalendarSummary, CalendarVersionRow, type CalendarView, toPauseView } from './records/closures.ts';
import { json } from './row.ts';
import { isVisiblePause, type TenantScope } from './scope.ts';
import { views } from './views.ts';

/** A tenant's calendars, without dates. */
export const calendars = documentQueries<CalendarSummary, CalendarSummary, TenantScope>({
  kind: 'calendar',
  schema: CalendarSummary,
  visibleIn: isCurrent,
  order: 'by name',
  hasTotal: true,
  item: ({ doc }) => doc,
});

const Dates = z.object({ dates: json.pipe(z.array(z.string())) });

export const getCalendar =
  ({ readerFor }: QueryContext) =>
  async (scope: TenantScope, calendar: string): Promise<CalendarView | undefined> => {
    const reader = readerFor(scope);
    const where = sql.fragment`${isCurrent(scope)} AND document.name = ${calendar}`;
    const row = await readDocument(reader, { kind: 'calendar', where, schema: CalendarSummary });
    if (row === undefined) return undefined;
    const { dateCount: _, ...shown } = row.doc;
    const { dates } = await reader.one(sql.type(Dates)`
      SELECT (doc::json -> 'dates')::text AS dates FROM ${views.calendarVersions}
      WHERE tenant = ${scope.tenant} AND name = ${calendar} AND revision = ${row.revision}`);
    return { ...shown, dates };
  };

const isInForce = (clock: Clock, pause: FragmentSqlToken) =>
  sql.fragment`(${pause}.ended_at IS NULL OR ${pause}.ended_at > ${toInstant(clock.now())}::timestamptz)`;

/** A condition: a pause of this tenant or of the installation is active. */
export const hasPauses = (tenant: FragmentSqlToken, clock: Clock): FragmentSqlToken => sql.fragment`
  EXISTS (SELECT FROM ${views.pauses}
    WHERE (pause.tenant = ${tenant} OR pause.tenant IS NULL) AND ${isInForce(clock, sql.fragment`pause`)})`;

const pausesWhere = (where: FragmentSqlToken) => ({ kind: 'pause' as const, where, schema: Pause });

/** Pauses with those of the installation. Ended ones are not listed. */
export const pauses = documentQueries({
  kind: 'pause',
  schema: Pause,
  visibleIn: isVisiblePause,
  listedIn: (_, { clock }) => isInForce(clock, sql.fragment`document`),
  hasTotal: true,
  item: ({ doc }) => toPauseView(doc),
});

/** Active pauses of an application. */
export const pausesOfApplication =
  ({ readerFor, clock }: QueryContext) =>
  async (scope: TenantScope, applicationId: number): Promise<readonly number[]> => {
    const rows = await readDocuments(
      readerFor(scope),
      pausesWhere(sql.fragment`${isVisiblePause(scope)} AND document.application_id = ${applicationId}
        AND ${isInForce(clock, sql.fragment`document`)}`),
    );
    return rows.map(({ id }) => id).sort((a, b) => a - b);
  };

/** Loads the pauses that meet a condition on `document`. */
export const loadPauses = async (
  reader: RowReader,
  where: FragmentSqlToken,
): Promise<readonly (Pause & { readonly revision: number })[]> =>
  (await readDocuments(reader, pausesWhere(where))).map(({ doc, revision }) => ({ ...doc, revision }));

export type ClosureSearch = {
  readonly tenants: readonly string[];
  /** Names of calendars. */
  readonly calendars: readonly string[];
  /** Excludes what ended before, epoch ms. */
  readonly afterMs: number;
};

/** The columns of `CalendarVersionRow`. */
export const VERSION_COLUMNS = sql.fragment`
  tenant, name, revision, ended AS deleted, created_at AS "updatedAt", (doc::json -> 'dates')::text AS dates`;

/** Loads the pauses of these tenants and of the installation, and these tenants' calendars. */
export const loadClosureBook = async (reader: RowReader, search: ClosureSearch): Promise<ClosureBook> =>
  (await loadBookAndPauses(reader, search)).book;

/** Loads the same together with the pauses themselves, for their actors and reasons. */
export const loadBookAndPauses = async (reader: RowReader, { tenants, calendars, afterMs }: ClosureSearch) => {
  const after = sql.fragment`${toInstant(afterMs)}::timestamptz`;
  const ofTenants = sql.fragment`tenant = ANY (${sql.array([...tenants], 'text')})`;
  const [versions, pauses] = await Promise.all([
    calendars.length === 0
      ? []
      : reader.any(sql.type(CalendarVersionRow)`
          SELECT ${VERSION_COLUMNS} FROM ${views.calendarVersions}
          WHERE ${ofTenants} AND name = ANY (${sql.array([...calendars], 'text')})
            AND (valid_to IS NULL OR valid_to > ${after})
          ORDER BY tenant, name, revision`),
    loadPauses(reader, sql.fragment`(${ofTenants} OR tenant IS NULL) AND (ended_at IS NULL OR ended_at > ${after})`),
  ]);
  const book = createClosureBook();
  for (const version of versions) book.setCalendar(version);
  for (const pause of pauses) book.setPause(pause);
  return { book, pauses };
};

/** The blackouts of a tenant's jobs: its pauses, the installation's, and these calendars. */
export const loadClosures =
  ({ readerFor }: QueryContext) =>
  (
    scope: TenantScope,
    search: { readonly afterMs: number; readonly calendars: readonly string[] },
  ): Promise<ClosureBook> =>
    loadClosureBook(readerFor(scope), { tenants: [scope.tenant], ...search });
