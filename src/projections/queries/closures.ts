import { type FragmentSqlToken, sql } from 'slonik';
import { z } from 'zod';
import type { RowReader, RowReaderFor } from '../../db/reader.ts';
import { type ClosureBook, createClosureBook } from '../../domain/closure/closure-book.ts';
import { toInstant } from '../../domain/values.ts';
import type { Clock } from '../../runtime/runtime.ts';
import { decodeNameCursor, encodeCursor, encodeNameCursor } from './cursor.ts';
import { isBeyond } from './filters.ts';
import { type ListPage, type PageRequest, toListPage } from './page.ts';
import {
  type CalendarSummary,
  type CalendarView,
  calendarShown,
  calendarSummary,
  calendarVersion,
  type PauseView,
  pauseRecord,
  pauseVersion,
  pauseView,
} from './records/closures.ts';
import { bigint, count, isId } from './row.ts';
import { isVisiblePause, type Scope, type TenantScope, visible } from './scope.ts';
import { views } from './views.ts';

const current = sql.fragment`calendar.valid_to IS NULL AND NOT calendar.deleted`;

/** By name, of one tenant, without their dates. @throws BadCursor */
export const listCalendars =
  (readerFor: RowReaderFor) =>
  async (scope: TenantScope, { limit, cursor }: PageRequest): Promise<ListPage<CalendarSummary>> => {
    const beyond =
      cursor === undefined ? sql.fragment`` : sql.fragment`AND calendar.name > ${decodeNameCursor(cursor)}`;
    const reader = readerFor(scope);
    const [rows, total] = await Promise.all([
      reader.any(sql.type(calendarSummary.row)`
        SELECT ${calendarSummary.selected}
        FROM ${views.calendars} AS calendar JOIN ${visible(scope)} USING (tenant)
        WHERE ${current} ${beyond} ORDER BY calendar.name LIMIT ${limit + 1}`),
      reader.one(sql.type(count)`
        SELECT count(*) AS count FROM ${views.calendars} AS calendar JOIN ${visible(scope)} USING (tenant)
        WHERE ${current}`),
    ]);
    return toListPage(rows, {
      limit,
      cursorAfter: ({ name }) => encodeNameCursor(name),
      item: calendarSummary.view,
      total: total.count,
    });
  };

export const getCalendar =
  (readerFor: RowReaderFor) =>
  async (scope: TenantScope, name: string): Promise<CalendarView | undefined> => {
    const row = await readerFor(scope).maybeOne(sql.type(calendarShown.row)`
      SELECT ${calendarShown.selected}
      FROM ${views.calendars} AS calendar JOIN ${visible(scope)} USING (tenant)
      WHERE calendar.name = ${name} AND ${current}`);
    return row === null ? undefined : calendarShown.view(row);
  };

const isInForce = (clock: Clock) =>
  sql.fragment`(pause.ended_at IS NULL OR pause.ended_at > ${toInstant(clock.now())}::timestamptz)`;

/** A condition: a pause of this tenant or of the installation is in force. */
export const hasPauses = (tenant: FragmentSqlToken, clock: Clock): FragmentSqlToken => sql.fragment`
  EXISTS (SELECT FROM ${views.pauses} AS pause
    WHERE (pause.tenant = ${tenant} OR pause.scope = 'installation') AND ${isInForce(clock)})`;

/** Those in force, oldest first; those of the installation too. @throws BadCursor */
export const listPauses =
  (readerFor: RowReaderFor, clock: Clock) =>
  async (scope: Scope, { limit, cursor }: PageRequest): Promise<ListPage<PauseView>> => {
    const beyond = isBeyond(cursor, sql.fragment`pause.created_at, pause.pause_id`, 'oldest first');
    const inForce = sql.fragment`${isVisiblePause(scope)} AND ${isInForce(clock)}`;
    const reader = readerFor(scope);
    const [rows, total] = await Promise.all([
      reader.any(sql.type(pauseRecord.row)`
        SELECT ${pauseRecord.selected} FROM ${views.pauses} AS pause WHERE ${inForce} AND ${beyond}
        ORDER BY pause.created_at, pause.pause_id LIMIT ${limit + 1}`),
      reader.one(sql.type(count)`SELECT count(*) AS count FROM ${views.pauses} AS pause WHERE ${inForce}`),
    ]);
    return toListPage(rows, {
      limit,
      cursorAfter: ({ createdAt, pauseId }) => encodeCursor({ at: createdAt, id: pauseId }),
      item: pauseView,
      total: total.count,
    });
  };

/** Also one that has ended. */
export const getPause =
  (readerFor: RowReaderFor) =>
  async (scope: Scope, pauseId: number): Promise<PauseView | undefined> => {
    if (!isId(pauseId)) return undefined;
    const row = await readerFor(scope).maybeOne(sql.type(pauseRecord.row)`
      SELECT ${pauseRecord.selected} FROM ${views.pauses} AS pause WHERE pause.pause_id = ${pauseId} AND ${isVisiblePause(scope)}`);
    return row === null ? undefined : pauseView(row);
  };

const IdRow = z.object({ pause_id: bigint });

/** Those of an application that are in force. */
export const pausesOfApplication =
  (readerFor: RowReaderFor, clock: Clock) =>
  async (scope: TenantScope, applicationId: number): Promise<readonly number[]> => {
    const rows = await readerFor(scope).any(sql.type(IdRow)`
      SELECT pause_id FROM ${views.pauses} AS pause
      WHERE ${isVisiblePause(scope)} AND pause.application_id = ${applicationId} AND ${isInForce(clock)}
      ORDER BY pause_id`);
    return rows.map(({ pause_id }) => pause_id);
  };

export type ClosureSearch = {
  readonly tenants: readonly string[];
  /** Names of calendars. */
  readonly calendars: readonly string[];
  /** What ended before is left out, epoch ms. */
  readonly afterMs: number;
};

/** Loads the pauses of these tenants and of the installation, and calendars of theirs. */
export const loadClosureBook = async (reader: RowReader, search: ClosureSearch): Promise<ClosureBook> =>
  (await loadBookAndPauses(reader, search)).book;

/** Loads the same with the pauses themselves, for who set them and why. */
export const loadBookAndPauses = async (reader: RowReader, { tenants, calendars, afterMs }: ClosureSearch) => {
  const after = sql.fragment`${toInstant(afterMs)}::timestamptz`;
  const ofTenants = sql.fragment`tenant = ANY (${sql.array([...tenants], 'text')})`;
  const [versions, rows] = await Promise.all([
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
  const pauses = rows.map(pauseVersion.view);
  for (const pause of pauses) book.setPause(pause);
  return { book, pauses };
};

/** What closes the jobs of a tenant: its pauses, those of the installation, and these calendars. */
export const loadClosures =
  (readerFor: RowReaderFor) =>
  (
    scope: TenantScope,
    search: Pick<ClosureSearch, 'afterMs'> & { readonly calendars: readonly string[] },
  ): Promise<ClosureBook> =>
    loadClosureBook(readerFor(scope), { tenants: [scope.tenant], ...search });
