import { sql } from 'slonik';
import type { QueryContext } from './context.ts';
import { type DocumentRow, listAndCountDocuments, readDocument } from './documents.ts';
import type { ListPage, PageRequest } from './page.ts';
import { ApplicationValues, type ApplicationView, ShownApplication, type ValuesView } from './records/applications.ts';
import { isId } from './row.ts';
import { isOfBound, isOfTenant, type Scope } from './scope.ts';

const viewOf = ({ doc, revision }: DocumentRow<ShownApplication>): ApplicationView => ({ ...doc, revision });

const visibleIn = (scope: Scope) => sql.fragment`${isOfTenant(scope, sql.fragment`document`)} AND NOT document.ended`;

/** Oldest first. There are few applications, so each request counts them. */
export const listApplications =
  ({ readerFor }: QueryContext) =>
  (scope: Scope, page: PageRequest): Promise<ListPage<ApplicationView>> => {
    const where = sql.fragment`${visibleIn(scope)} AND ${isOfBound(scope, sql.fragment`document`)}`;
    const search = { kind: 'application' as const, where, schema: ShownApplication };
    return listAndCountDocuments(readerFor(scope), search, { page, order: 'oldest first', item: viewOf });
  };

export const getApplication =
  ({ readerFor }: QueryContext) =>
  async (scope: Scope, applicationId: number): Promise<ApplicationView | undefined> => {
    if (!isId(applicationId)) return undefined;
    const where = sql.fragment`${visibleIn(scope)} AND document.id = ${applicationId}`;
    const row = await readDocument(readerFor(scope), { kind: 'application', where, schema: ShownApplication });
    return row && viewOf(row);
  };

/**
 * Returns the variables, secrets, limits and TLS settings of an application by name; undefined if it does not exist. Their
 * number is limited, so there are no pages.
 */
export const getValues =
  ({ readerFor }: QueryContext) =>
  async (scope: Scope, applicationId: number): Promise<ValuesView | undefined> => {
    if (!isId(applicationId)) return undefined;
    const where = sql.fragment`${visibleIn(scope)} AND document.id = ${applicationId}`;
    const search = { kind: 'applicationValues' as const, where, schema: ApplicationValues };
    return (await readDocument(readerFor(scope), search))?.doc;
  };
