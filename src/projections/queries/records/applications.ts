import { z } from 'zod';
import { Hook, Limit, Retention, TlsSettings, Variable } from '../../../domain/events/index.ts';
import { Instant } from '../../../domain/values.ts';
import { bigint, boolean, instant, integer, json, type RecordView, record, text } from '../../record.ts';

export type ApplicationSummary = { readonly id: number; readonly name: string; readonly displayName: string };

/** A secret without its value, which stays in the log. */
export const ShownSecret = z.object({
  name: z.string(),
  updatedAt: Instant,
  updatedBy: z.string(),
  allowedOrigins: z.array(z.string()).exactOptional(),
  signing: z.literal(true).exactOptional().meta({ description: 'It signs every call of the application' }),
  /** Its data key was erased; the secret has to be set again. */
  erased: z.literal(true).exactOptional(),
});
export type SecretView = z.infer<typeof ShownSecret>;
/** TLS settings without the private key. */
const ShownTls = TlsSettings.omit({ key: true });
export type TlsView = z.infer<typeof ShownTls>;

export const applicationRecord = record(
  'application',
  {
    id: bigint().named('application_id'),
    tenant: text().inner(),
    name: text(),
    displayName: text(),
    createdAt: instant(),
    createdBy: text(),
    updatedAt: instant(),
    updatedBy: text(),
    onFailure: json(Hook).optional(),
    onSuccess: json(Hook).optional(),
    retention: json(Retention).optional(),
    variables: json(z.array(Variable)).inner(),
    secrets: json(z.array(ShownSecret)).inner(),
    limits: json(z.array(Limit)).inner(),
    tls: json(z.array(ShownTls)).inner(),
    /** A deleted application keeps its row, so that lists can still name it beside executions of its jobs. */
    deleted: boolean().inner(),
    revision: integer().hidden(),
  },
  { key: ['id'] },
);
export type ApplicationView = RecordView<typeof applicationRecord>;

export const applicationValues = applicationRecord.only('variables', 'secrets', 'limits', 'tls');
export type ValuesView = RecordView<typeof applicationValues>;
