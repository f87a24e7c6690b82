import { sql } from 'slonik';
import type { RowReaderFor } from '../../db/reader.ts';
import { decodeNameCursor, encodeNameCursor } from './cursor.ts';
import type { ListPage, PageRequest } from './port/pages.ts';
import type { TenantScope } from './port/scope.ts';
import { type CalendarSummary, type CalendarView, calendarShown, calendarSummary } from './records/closures.ts';
import { count } from './row.ts';
import { visible } from './scope.ts';
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
    const items = rows.slice(0, limit).map(calendarSummary.view);
    const last = items.at(-1);
    const next = rows.length > limit && last !== undefined ? { next: encodeNameCursor(last.name) } : {};
    return { items, total: total.count, ...next };
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
