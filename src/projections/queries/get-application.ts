import { sql } from 'slonik';
import type { RowReaderFor } from '../../db/reader.ts';
import { ApplicationRow, applicationColumns, applicationFromRow } from './applications-row.ts';
import type { ApplicationView } from './port/applications.ts';
import type { Scope } from './port/scope.ts';
import { isId } from './row.ts';
import { visible } from './scope.ts';
import { views } from './views.ts';

export const getApplication =
  (readerFor: RowReaderFor) =>
  async (scope: Scope, applicationId: number): Promise<ApplicationView | undefined> => {
    if (!isId(applicationId)) return undefined;
    const row = await readerFor(scope).maybeOne(sql.type(ApplicationRow)`
      SELECT ${applicationColumns} FROM ${views.applications} AS application JOIN ${visible(scope)} USING (tenant)
      WHERE application_id = ${applicationId} AND NOT application.deleted`);
    return row === null ? undefined : applicationFromRow(row);
  };
