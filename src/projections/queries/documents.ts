import { type FragmentSqlToken, sql } from 'slonik';
import { z } from 'zod';
import type { RowReader } from '../../db/reader.ts';
import { decodeNameCursor, encodeCursor, encodeNameCursor } from './cursor.ts';
import { isBeyond, ordered } from './filters.ts';
import { type ListOrder, type ListPage, type PageRequest, toListPage } from './page.ts';
import type { DocumentKind } from './records/documents.ts';
import { bigint, count, instant, json } from './row.ts';
import { documentsOf, views } from './views.ts';

/** Which documents are read: those of one kind that meet a condition on `document`. */
export type DocumentSearch<Doc> = {
  readonly kind: DocumentKind;
  readonly where: FragmentSqlToken;
  readonly schema: z.ZodType<Doc>;
};

export type DocumentRow<Doc> = {
  /** 0 where documents of this kind have none. */
  readonly id: number;
  /** Empty where documents of this kind have none. */
  readonly name: string;
  readonly createdAt: string;
  readonly revision: number;
  readonly doc: Doc;
};

const rowOf = <Doc>(schema: z.ZodType<Doc>): z.ZodType<DocumentRow<Doc>> =>
  z.object({ id: bigint, name: z.string(), createdAt: instant, revision: z.int(), doc: json.pipe(schema) });

const COLUMNS = sql.fragment`
  coalesce(document.id, 0) AS id, coalesce(document.name, '') AS name, document.created_at AS "createdAt",
  document.revision, document.doc`;

/** Reads all that match, in no order. */
export const readDocuments = <Doc>(
  reader: RowReader,
  { kind, where, schema }: DocumentSearch<Doc>,
): Promise<readonly DocumentRow<Doc>[]> =>
  reader.any(
    sql.type(rowOf(schema))`SELECT ${COLUMNS} FROM ${documentsOf(views.documents, kind, 'document')} WHERE ${where}`,
  );

/** Reads the one that matches. */
export const readDocument = async <Doc>(
  reader: RowReader,
  search: DocumentSearch<Doc>,
): Promise<DocumentRow<Doc> | undefined> => (await readDocuments(reader, search))[0];

type DocumentPageOptions<Doc, Item> = {
  readonly page: PageRequest;
  readonly order: ListOrder | 'by name';
  readonly item: (row: DocumentRow<Doc>) => Item;
};

/** Reads a page. @throws BadCursor */
export const listDocuments = async <Doc, Item>(
  reader: RowReader,
  { kind, where, schema }: DocumentSearch<Doc>,
  { page: { limit, cursor }, order, item }: DocumentPageOptions<Doc, Item>,
): Promise<ListPage<Item>> => {
  const { by, beyond, cursorAfter } = order === 'by name' ? byName(cursor) : byCreation(cursor, order);
  const rows = await reader.any(sql.type(rowOf(schema))`
    SELECT ${COLUMNS} FROM ${documentsOf(views.documents, kind, 'document')} WHERE ${where} AND ${beyond} ORDER BY ${by} LIMIT ${limit + 1}`);
  return toListPage(rows, { limit, cursorAfter, item });
};

/** As `listDocuments`, with the total, where there are so few that they can be counted by each request. */
export const listAndCountDocuments = async <Doc, Item>(
  reader: RowReader,
  search: DocumentSearch<Doc>,
  options: DocumentPageOptions<Doc, Item>,
): Promise<ListPage<Item>> => {
  const [page, total] = await Promise.all([listDocuments(reader, search, options), countDocuments(reader, search)]);
  return { ...page, total };
};

export const countDocuments = async (
  reader: RowReader,
  { kind, where }: Pick<DocumentSearch<unknown>, 'kind' | 'where'>,
): Promise<number> => {
  const row = await reader.one(
    sql.type(count)`SELECT count(*) AS count FROM ${documentsOf(views.documents, kind, 'document')} WHERE ${where}`,
  );
  return row.count;
};

const byName = (cursor: string | undefined) => ({
  by: sql.fragment`document.name`,
  beyond: cursor === undefined ? sql.fragment`TRUE` : sql.fragment`document.name > ${decodeNameCursor(cursor)}`,
  cursorAfter: ({ name }: Pick<DocumentRow<unknown>, 'name'>): string => encodeNameCursor(name),
});

const byCreation = (cursor: string | undefined, order: ListOrder) => {
  const { direction } = ordered(order);
  return {
    by: sql.fragment`document.created_at ${direction}, document.id ${direction}`,
    beyond: isBeyond(cursor, sql.fragment`document.created_at, document.id`, order),
    cursorAfter: ({ createdAt, id }: Pick<DocumentRow<unknown>, 'createdAt' | 'id'>): string =>
      encodeCursor({ at: createdAt, id }),
  };
};
