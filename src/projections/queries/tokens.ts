import { sql } from 'slonik';
import type { RowReaderFor } from '../../db/reader.ts';
import { decodeCursor } from './cursor.ts';
import { type ListPage, type PageRequest, toListPage } from './page.ts';
import { type TokenView, tokenRecord, toTokenView } from './records/tokens.ts';
import { isId } from './row.ts';
import { isVisibleToken, type Scope } from './scope.ts';
import { views } from './views.ts';

/** Oldest first. @throws BadCursor */
export const listTokens =
  (readerFor: RowReaderFor) =>
  async (scope: Scope, { limit, cursor }: PageRequest): Promise<ListPage<TokenView>> => {
    const after = cursor === undefined ? undefined : decodeCursor(cursor);
    const beyond = after
      ? sql.fragment`AND (token.created_at, token.token_id) > (${after.at}::timestamptz, ${after.id}::bigint)`
      : sql.fragment``;
    const rows = await readerFor(scope).any(sql.type(tokenRecord.row)`
      SELECT ${tokenRecord.selected} FROM ${views.tokens} AS token WHERE ${isVisibleToken(scope)} ${beyond}
      ORDER BY token.created_at, token.token_id LIMIT ${limit + 1}`);
    return toListPage(rows, {
      limit,
      keyset: ({ createdAt, id }) => ({ at: createdAt, id }),
      item: ({ token }) => toTokenView(token),
      total: undefined,
    });
  };

export const getToken =
  (readerFor: RowReaderFor) =>
  async (scope: Scope, tokenId: number): Promise<TokenView | undefined> => {
    if (!isId(tokenId)) return undefined;
    const row = await readerFor(scope).maybeOne(sql.type(tokenRecord.row)`
      SELECT ${tokenRecord.selected} FROM ${views.tokens} AS token WHERE token.token_id = ${tokenId} AND ${isVisibleToken(scope)}`);
    return row === null ? undefined : toTokenView(row.token);
  };
