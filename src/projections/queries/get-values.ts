import { sql } from 'slonik';
import { z } from 'zod';
import type { RowReaderFor } from '../../db/reader.ts';
import { Limit, TlsSettings, Variable } from '../../domain/events/index.ts';
import type { ValuesView } from './port/applications.ts';
import type { Scope } from './port/scope.ts';
import { isId, json } from './row.ts';
import { visible } from './scope.ts';
import { views } from './views.ts';

const SecretShown = z.object({
  name: z.string(),
  updatedAt: z.string(),
  updatedBy: z.string(),
  allowedOrigins: z.array(z.string()).exactOptional(),
  signing: z.literal(true).exactOptional(),
  erased: z.literal(true).exactOptional(),
});
const ValuesRow = z.object({
  variables: json.pipe(z.array(Variable)),
  secrets: json.pipe(z.array(SecretShown)),
  limits: json.pipe(z.array(Limit)),
  tls: json.pipe(z.array(TlsSettings.omit({ key: true }))),
});

/**
 * Returns the variables, secrets and limits of an application by name; undefined if it does not exist. Their number is limited, so there are
 * no pages.
 */
export const getValues =
  (readerFor: RowReaderFor) =>
  async (scope: Scope, applicationId: number): Promise<ValuesView | undefined> => {
    if (!isId(applicationId)) return undefined;
    const row = await readerFor(scope).maybeOne(sql.type(ValuesRow)`
      SELECT application.variables, application.secrets, application.limits, application.tls
      FROM ${views.applications} AS application JOIN ${visible(scope)} USING (tenant)
      WHERE application_id = ${applicationId} AND NOT application.deleted`);
    return row ?? undefined;
  };
