import { sql } from 'slonik';
import { z } from 'zod';
import type { RowReaderFor } from '../../db/reader.ts';
import { decodeNameCursor, encodeNameCursor } from './cursor.ts';
import type { CalendarSummary, CalendarView } from './port/closures.ts';
import type { ListPage, PageRequest } from './port/pages.ts';
import type { TenantScope } from './port/scope.ts';
import { count, instant, json } from './row.ts';
import { visible } from './scope.ts';
import { views } from './views.ts';

const summary = { name: z.string(), description: z.string().nullable(), since: instant, set_by: z.string() };
const SummaryRow = z.object({ ...summary, date_count: z.int() });
const CalendarRow = z.object({ ...summary, dates: json.pipe(z.array(z.string())) });

const summaryColumns = sql.fragment`calendar.name, calendar.description, calendar.valid_from AS since, calendar.set_by`;
const current = sql.fragment`calendar.valid_to IS NULL AND NOT calendar.deleted`;

const shown = ({ name, description, since, set_by }: Omit<z.infer<typeof SummaryRow>, 'date_count'>) => ({
  name,
  ...(description === null ? {} : { description }),
  since,
  setBy: set_by,
});

/** By name, of one tenant, without their dates. @throws BadCursor */
export const listCalendars =
  (readerFor: RowReaderFor) =>
  async (scope: TenantScope, { limit, cursor }: PageRequest): Promise<ListPage<CalendarSummary>> => {
    const beyond =
      cursor === undefined ? sql.fragment`` : sql.fragment`AND calendar.name > ${decodeNameCursor(cursor)}`;
    const reader = readerFor(scope);
    const [rows, total] = await Promise.all([
      reader.any(sql.type(SummaryRow)`
        SELECT ${summaryColumns}, calendar.date_count
        FROM ${views.calendars} AS calendar JOIN ${visible(scope)} USING (tenant)
        WHERE ${current} ${beyond} ORDER BY calendar.name LIMIT ${limit + 1}`),
      reader.one(sql.type(count)`
        SELECT count(*) AS count FROM ${views.calendars} AS calendar JOIN ${visible(scope)} USING (tenant)
        WHERE ${current}`),
    ]);
    const items = rows.slice(0, limit).map((row) => ({ ...shown(row), dateCount: row.date_count }));
    const last = items.at(-1);
    const next = rows.length > limit && last !== undefined ? { next: encodeNameCursor(last.name) } : {};
    return { items, total: total.count, ...next };
  };

export const getCalendar =
  (readerFor: RowReaderFor) =>
  async (scope: TenantScope, name: string): Promise<CalendarView | undefined> => {
    const row = await readerFor(scope).maybeOne(sql.type(CalendarRow)`
      SELECT ${summaryColumns}, calendar.dates
      FROM ${views.calendars} AS calendar JOIN ${visible(scope)} USING (tenant)
      WHERE calendar.name = ${name} AND ${current}`);
    return row === null ? undefined : { ...shown(row), dates: row.dates };
  };
