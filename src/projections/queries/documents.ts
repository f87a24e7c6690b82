import { type FragmentSqlToken, sql } from 'slonik';
import { z } from 'zod';
import type { RowReader } from '../../db/reader.ts';
import { SavedViews } from '../../domain/events/index.ts';
import type { QueryContext } from './context.ts';
import { keysetOf } from './keyset.ts';
import { type ListOrder, type ListPage, type PageRequest, toListPage } from './page.ts';
import { ApplicationValues, type ApplicationView, ShownApplication } from './records/applications.ts';
import type { DocumentKind } from './records/documents.ts';
import { TokenView } from './records/tokens.ts';
import { bigint, count, instant, isId, json } from './row.ts';
import { isOfBound, isOfTenant, type Scope, type TenantScope } from './scope.ts';
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
  z.object({ id: bigint, name: z.string(), createdAt: instant, revision: bigint, doc: json.pipe(schema) });

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

type DocumentsOfKind<Doc, Item, S extends Scope> = {
  readonly kind: DocumentKind;
  readonly schema: z.ZodType<Doc>;
  /** A condition on `document`: the caller can see it. */
  readonly visibleIn: (scope: S) => FragmentSqlToken;
  /** A further condition on those that are listed. */
  readonly listedIn?: (scope: S, context: QueryContext) => FragmentSqlToken;
  /** By default by creation, the oldest first. */
  readonly order?: ListOrder | 'by name';
  /** Whether lists have a total, for kinds with few documents. */
  readonly hasTotal?: true;
  readonly item: (row: DocumentRow<Doc>) => Item;
};

const BY_NAME = { name: 'text' } as const;
const BY_CREATION = { created_at: 'timestamptz', id: 'bigint' } as const;

/** Creates the usual queries of the documents of one kind. */
export const documentQueries = <Doc, Item, S extends Scope = Scope>({
  kind,
  schema,
  visibleIn,
  listedIn = () => sql.fragment`TRUE`,
  order = 'oldest first',
  hasTotal,
  item,
}: DocumentsOfKind<Doc, Item, S>) => {
  const find = async ({ readerFor }: QueryContext, scope: S, condition: FragmentSqlToken) => {
    const where = sql.fragment`${visibleIn(scope)} AND ${condition}`;
    const row = await readDocument(readerFor(scope), { kind, where, schema });
    return row && item(row);
  };
  return {
    /** @throws BadCursor */
    list:
      (context: QueryContext) =>
      async (scope: S, { limit, cursor }: PageRequest): Promise<ListPage<Item>> => {
        const reader = context.readerFor(scope);
        const isByName = order === 'by name';
        const keyset = keysetOf(isByName ? BY_NAME : BY_CREATION, { cursor, isDescending: order === 'newest first' });
        const where = sql.fragment`${visibleIn(scope)} AND ${listedIn(scope, context)}`;
        const [rows, total] = await Promise.all([
          reader.any(sql.type(rowOf(schema))`
            SELECT ${COLUMNS} FROM ${documentsOf(views.documents, kind, 'document')}
            WHERE ${where} AND ${keyset.isBeyond('document')} ORDER BY ${keyset.order('document')} LIMIT ${limit + 1}`),
          hasTotal && countDocuments(reader, { kind, where, schema }),
        ]);
        const placeOf = ({ name, createdAt, id }: DocumentRow<Doc>) => (isByName ? [name] : [createdAt, id]);
        const page = toListPage(rows, { limit, keyset, placeOf, item });
        return total === undefined ? page : { ...page, total };
      },
    byId:
      (context: QueryContext) =>
      async (scope: S, id: number): Promise<Item | undefined> =>
        isId(id) ? find(context, scope, sql.fragment`document.id = ${id}`) : undefined,
    byName:
      (context: QueryContext) =>
      (scope: S, name: string): Promise<Item | undefined> =>
        find(context, scope, sql.fragment`document.name = ${name}`),
  };
};

export const countDocuments = async (reader: RowReader, { kind, where }: DocumentSearch<unknown>): Promise<number> => {
  const row = await reader.one(
    sql.type(count)`SELECT count(*) AS count FROM ${documentsOf(views.documents, kind, 'document')} WHERE ${where}`,
  );
  return row.count;
};

const document = sql.fragment`document`;

export const tokens = documentQueries({
  kind: 'token',
  schema: TokenView,
  visibleIn: (scope) => isOfTenant(scope, document),
  item: ({ doc }) => doc,
});

/** A condition on `document`: it exists and belongs to the tenant. */
export const isCurrent = (scope: Scope): FragmentSqlToken =>
  sql.fragment`${isOfTenant(scope, document)} AND NOT document.ended`;

export const applications = documentQueries({
  kind: 'application',
  schema: ShownApplication,
  visibleIn: isCurrent,
  listedIn: (scope) => isOfBound(scope, document),
  hasTotal: true,
  item: ({ doc, revision }): ApplicationView => ({ ...doc, revision }),
});

/** The variables, secrets, limits and TLS settings of an application, by name. Their number is limited. */
export const applicationValues = documentQueries({
  kind: 'applicationValues',
  schema: ApplicationValues,
  visibleIn: isCurrent,
  item: ({ doc }) => doc,
});

const Doc = SavedViews.pick({ views: true });
export const SavedView = Doc.shape.views.element.meta({ id: 'SavedView' });

/** The saved views of a tenant, by name. */
export const listSavedViews =
  ({ readerFor }: QueryContext) =>
  async (scope: TenantScope): Promise<SavedViews['views']> => {
    const where = isOfTenant(scope, sql.fragment`document`);
    return (await readDocument(readerFor(scope), { kind: 'savedViews', where, schema: Doc }))?.doc.views ?? [];
  };
