import { sql } from 'slonik';
import type { QueryContext } from './context.ts';
import { listDocuments, readDocument } from './documents.ts';
import type { ListPage, PageRequest } from './page.ts';
import { TokenView } from './records/tokens.ts';
import { isId } from './row.ts';
import { isOfTenant, type Scope } from './scope.ts';

const visibleIn = (scope: Scope) => isOfTenant(scope, sql.fragment`document`);

/** Oldest first. @throws BadCursor */
export const listTokens =
  ({ readerFor }: QueryContext) =>
  (scope: Scope, page: PageRequest): Promise<ListPage<TokenView>> => {
    const search = { kind: 'token' as const, where: visibleIn(scope), schema: TokenView };
    return listDocuments(readerFor(scope), search, { page, order: 'oldest first', item: ({ doc }) => doc });
  };

export const getToken =
  ({ readerFor }: QueryContext) =>
  async (scope: Scope, tokenId: number): Promise<TokenView | undefined> => {
    if (!isId(tokenId)) return undefined;
    const where = sql.fragment`${visibleIn(scope)} AND document.id = ${tokenId}`;
    return (await readDocument(readerFor(scope), { kind: 'token', where, schema: TokenView }))?.doc;
  };
