import { sql } from 'slonik';
import type { RowReaderFor } from '../../db/reader.ts';
import { encodeCursor } from './cursor.ts';
import { isBeyond } from './filters.ts';
import { type ListPage, type PageRequest, toListPage } from './page.ts';
import { type TokenView, tokenRecord, toTokenView } from './records/tokens.ts';
import { isId } from './row.ts';
import { isVisibleToken, type Scope } from './scope.ts';
import { views } from './views.ts';

/** Oldest first. @throws BadCursor */
export const listTokens =
  (readerFor: RowReaderFor) =>
  async (scope: Scope, { limit, cursor }: PageRequest): Promise<ListPage<TokenView>> => {
    const beyond = isBeyond(cursor, sql.fragment`token.created_at, token.token_id`, 'oldest first');
    const rows = await readerFor(scope).any(sql.type(tokenRecord.row)`
      SELECT ${tokenRecord.selected} FROM ${views.tokens} AS token WHERE ${isVisibleToken(scope)} AND ${beyond}
      ORDER BY token.created_at, token.token_id LIMIT ${limit + 1}`);
    return toListPage(rows, {
      limit,
      cursorAfter: ({ createdAt, id }) => encodeCursor({ at: createdAt, id }),
      item: ({ token }) => toTokenView(token),
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
