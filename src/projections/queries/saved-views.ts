import { sql } from 'slonik';
import { SavedViews } from '../../domain/events/index.ts';
import type { QueryContext } from './context.ts';
import { readDocument } from './documents.ts';
import { isOfTenant, type TenantScope } from './scope.ts';

const Doc = SavedViews.pick({ views: true });
export const SavedView = Doc.shape.views.element.meta({ id: 'SavedView' });

/** The saved views of a tenant, by name. */
export const listSavedViews =
  ({ readerFor }: QueryContext) =>
  async (scope: TenantScope): Promise<SavedViews['views']> => {
    const where = isOfTenant(scope, sql.fragment`document`);
    return (await readDocument(readerFor(scope), { kind: 'savedViews', where, schema: Doc }))?.doc.views ?? [];
  };
