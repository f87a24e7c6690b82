import { sql } from 'slonik';
import { z } from 'zod';
import type { RowReaderFor } from '../../db/reader.ts';
import { decodeCursor } from './cursor.ts';
import { toOperationView } from './operation-view.ts';
import { toListPage } from './page.ts';
import type { OperationView } from './port/operations.ts';
import type { ListPage, PageRequest } from './port/pages.ts';
import type { Scope } from './port/scope.ts';
import { operationRecord } from './records/operations.ts';
import { bigint, isId } from './row.ts';
import { isOperationOfBound, visible } from './scope.ts';
import { views } from './views.ts';

const Id = z.object({ operation_id: bigint });

/** Newest first. @throws BadCursor */
export const listOperations =
  (readerFor: RowReaderFor) =>
  async (scope: Scope, { limit, cursor }: PageRequest): Promise<ListPage<OperationView>> => {
    const before = cursor === undefined ? undefined : decodeCursor(cursor);
    const beyond = before
      ? sql.fragment`AND (operation.requested_at, operation.operation_id) < (${before.at}::timestamptz, ${before.id}::bigint)`
      : sql.fragment``;
    const rows = await readerFor(scope).any(sql.type(operationRecord.row)`
      SELECT ${operationRecord.selected} FROM ${views.operations} AS operation JOIN ${visible(scope)} USING (tenant)
      WHERE ${isOperationOfBound(scope)} ${beyond}
      ORDER BY operation.requested_at DESC, operation.operation_id DESC LIMIT ${limit + 1}`);
    return toListPage(rows, {
      limit,
      keyset: ({ requestedAt, id }) => ({ at: requestedAt, id }),
      item: ({ operation }) => toOperationView(operation),
      total: undefined,
    });
  };

export const getOperation =
  (readerFor: RowReaderFor) =>
  async (scope: Scope, operationId: number): Promise<OperationView | undefined> => {
    if (!isId(operationId)) return undefined;
    const row = await readerFor(scope).maybeOne(sql.type(operationRecord.row)`
      SELECT ${operationRecord.selected} FROM ${views.operations} AS operation JOIN ${visible(scope)} USING (tenant)
      WHERE operation.operation_id = ${operationId} AND ${isOperationOfBound(scope)}`);
    return row === null ? undefined : toOperationView(row.operation);
  };

/** The oldest operation of each tenant that has not ended. */
export const openOperations =
  (readerFor: RowReaderFor) =>
  async (limit: number): Promise<readonly number[]> => {
    const rows = await readerFor({}).any(sql.type(Id)`
      SELECT min(operation_id) AS operation_id FROM ${views.operations} WHERE NOT ended
      GROUP BY tenant ORDER BY 1 LIMIT ${limit}`);
    return rows.map(({ operation_id }) => operation_id);
  };
