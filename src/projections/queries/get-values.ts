import { sql } from 'slonik';
import type { RowReaderFor } from '../../db/reader.ts';
import type { Scope } from './port/scope.ts';
import { applicationValues, type ValuesView } from './records/applications.ts';
import { isId } from './row.ts';
import { visible } from './scope.ts';
import { views } from './views.ts';

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
