import { type FragmentSqlToken, sql } from 'slonik';
import { z } from 'zod';
import type { RowReader } from '../../db/reader.ts';
import { keysetOf } from './keyset.ts';
import { type ListOrder, type ListPage, type PageRequest, toListPage } from './page.ts';
import type { DocumentKind } from './records/documents.ts';
import { bigint, count, instant, json } from './row.ts';
import { documentsOf, views } from './views.ts';

/** Selects the documents of one kind that meet a condition on `document`. */
export type DocumentSearch<Doc> = {
  readonly kind: DocumentKind;
  readonly where: FragmentSqlToken;
  readonly schema: z.ZodType<Doc>;
};

export type DocumentRow<Doc> = {
  /** 0 if this kind has no ids. */
  readonly id: number;
  /** Empty if this kind has no names. */
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

/** Reads all matches, unsorted. */
export const readDocuments = <Doc>(
  reader: RowReader,
  { kind, where, schema }: DocumentSearch<Doc>,
): Promise<readonly DocumentRow<Doc>[]> =>
  reader.any(
    sql.type(rowOf(schema))`SELECT ${COLUMNS} FROM ${documentsOf(views.documents, kind, 'document')} WHERE ${where}`,
  );

/** Reads the match. */
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
  const isByName = order === 'by name';
  const keyset = keysetOf(isByName ? BY_NAME : BY_CREATION, { cursor, isDescending: order === 'newest first' });
  const rows = await reader.any(sql.type(rowOf(schema))`
    SELECT ${COLUMNS} FROM ${documentsOf(views.documents, kind, 'document')}
    WHERE ${where} AND ${keyset.isBeyond('document')} ORDER BY ${keyset.order('document')} LIMIT ${limit + 1}`);
  return toListPage(rows, { limit, keyset, placeOf: (row) => (isByName ? [row.name] : [row.createdAt, row.id]), item });
};

const BY_NAME = { name: 'text' } as const;
const BY_CREATION = { created_at: 'timestamptz', id: 'bigint' } as const;

/** Like `listDocuments`, with the total, for kinds with few documents. */
export const listAndCountDocuments = async <Doc, Item>(
  reader: RowReader,
  search: DocumentSearch<Doc>,
  options: DocumentPageOptions<Doc, Item>,
): Promise<ListPage<Item>> => {
  const [page, total] = await Promise.all([listDocuments(reader, search, options), countDocuments(reader, search)]);
  return { ...page, total };
};

export const countDocuments = async (reader: RowReader, { kind, where }: DocumentSearch<unknown>): Promise<number> => {
  const row = await reader.one(
    sql.type(count)`SELECT count(*) AS count FROM ${documentsOf(views.documents, kind, 'document')} WHERE ${where}`,
  );
  return row.count;
};
