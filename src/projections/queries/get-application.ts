import { sql } from 'slonik';
import type { RowReaderFor } from '../../db/reader.ts';
import type { Scope } from './port/scope.ts';
import { type ApplicationView, applicationRecord } from './records/applications.ts';
import { isId } from './row.ts';
import { visible } from './scope.ts';
import { views } from './views.ts';

export const getApplication =
  (readerFor: RowReaderFor) =>
  async (scope: Scope, applicationId: number): Promise<ApplicationView | undefined> => {
    if (!isId(applicationId)) return undefined;
    const row = await readerFor(scope).maybeOne(sql.type(applicationRecord.row)`
      SELECT ${applicationRecord.selected} FROM ${views.applications} AS application JOIN ${visible(scope)} USING (tenant)
      WHERE application_id = ${applicationId} AND NOT application.deleted`);
    return row === null ? undefined : applicationRecord.view(row);
  };
