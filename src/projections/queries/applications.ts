import { sql } from 'slonik';
import type { RowReaderFor } from '../../db/reader.ts';
import { encodeCursor } from './cursor.ts';
import { isBeyond } from './filters.ts';
import { type ListPage, type PageRequest, toListPage } from './page.ts';
import { type ApplicationView, applicationRecord, applicationValues, type ValuesView } from './records/applications.ts';
import { count, isId } from './row.ts';
import { isOfBound, type Scope, visible } from './scope.ts';
import { views } from './views.ts';

/** Oldest first. Applications are few, so they are counted by each request. */
export const listApplications =
  (readerFor: RowReaderFor) =>
  async (scope: Scope, { limit, cursor }: PageRequest): Promise<ListPage<ApplicationView>> => {
    const beyond = isBeyond(cursor, sql.fragment`created_at, application_id`, 'oldest first');
    const own = isOfBound(scope, sql.fragment`application`);
    const reader = readerFor(scope);
    const [rows, total] = await Promise.all([
      reader.any(sql.type(applicationRecord.row)`
        SELECT ${applicationRecord.selected} FROM ${views.applications} AS application JOIN ${visible(scope)} USING (tenant)
        WHERE NOT application.deleted AND ${own} AND ${beyond} ORDER BY created_at, application_id LIMIT ${limit + 1}`),
      reader.one(sql.type(count)`
        SELECT count(*) AS count FROM ${views.applications} AS application JOIN ${visible(scope)} USING (tenant)
        WHERE NOT application.deleted AND ${own}`),
    ]);
    return toListPage(rows, {
      limit,
      cursorAfter: ({ createdAt, id }) => encodeCursor({ at: createdAt, id }),
      item: applicationRecord.view,
      total: total.count,
    });
  };

export const getApplication =
  (readerFor: RowReaderFor) =>
  async (scope: Scope, applicationId: number): Promise<ApplicationView | undefined> => {
    if (!isId(applicationId)) return undefined;
    const row = await readerFor(scope).maybeOne(sql.type(applicationRecord.row)`
      SELECT ${applicationRecord.selected} FROM ${views.applications} AS application JOIN ${visible(scope)} USING (tenant)
      WHERE application_id = ${applicationId} AND NOT application.deleted`);
    return row === null ? undefined : applicationRecord.view(row);
  };

/**
 * Returns the variables, secrets and limits of an application by name; undefined if it does not exist. Their number is limited, so there are
 * no pages.
 */
export const getValues =
  (readerFor: RowReaderFor) =>
  async (scope: Scope, applicationId: number): Promise<ValuesView | undefined> => {
    if (!isId(applicationId)) return undefined;
    const row = await readerFor(scope).maybeOne(sql.type(applicationValues.row)`
      SELECT ${applicationValues.selected}
      FROM ${views.applications} AS application JOIN ${visible(scope)} USING (tenant)
      WHERE application_id = ${applicationId} AND NOT application.deleted`);
    return row ?? undefined;
  };
