import { z } from 'zod';
import { type Application, Hook, Limit, Retention, TlsSettings, Variable } from '../../../domain/events/index.ts';
import { Instant } from '../../../domain/values.ts';

export type ApplicationSummary = { readonly id: number; readonly name: string; readonly displayName: string };

/** A secret without its value, which stays in the log. */
export const ShownSecret = z.object({
  name: z.string(),
  updatedAt: Instant,
  updatedBy: z.string(),
  allowedOrigins: z.array(z.string()).exactOptional(),
  signing: z.literal(true).exactOptional().meta({ description: 'Whether it signs every call of the application' }),
  /** Its data key was erased; the secret must be set again. */
  erased: z.literal(true).exactOptional(),
});
export type SecretView = z.infer<typeof ShownSecret>;
/** TLS settings without the private key. */
const ShownTls = TlsSettings.omit({ key: true });
export type TlsView = z.infer<typeof ShownTls>;

/** An application as the API shows it. */
export const ShownApplication = z.object({
  id: z.int(),
  name: z.string(),
  displayName: z.string(),
  createdAt: Instant,
  createdBy: z.string(),
  updatedAt: Instant,
  updatedBy: z.string(),
  onFailure: Hook.exactOptional(),
  onSuccess: Hook.exactOptional(),
  retention: Retention.exactOptional(),
});
export type ShownApplication = z.infer<typeof ShownApplication>;
export type ApplicationView = ShownApplication & { readonly revision: number };

export const showApplication = ({ revision: _, ...shown }: ApplicationView): ShownApplication => shown;

export const toApplicationView = (application: Application): ShownApplication =>
  ShownApplication.parse({ id: application.applicationId, ...application });

/** Names that an application's jobs can use. */
export const ApplicationValues = z.object({
  variables: z.array(Variable),
  secrets: z.array(ShownSecret),
  limits: z.array(Limit),
  tls: z.array(ShownTls),
});
export type ValuesView = z.infer<typeof ApplicationValues>;

/** Removes private keys and the values of secrets, which stay in the log. */
export const toApplicationValues = ({ secrets = [], ...application }: Application): ValuesView => {
  const { erasedGeneration = 0 } = application;
  const shown = secrets.map((secret) => {
    const isErased = secret.value.$sealed.generation <= erasedGeneration;
    return isErased ? { ...secret, erased: true } : secret;
  });
  return ApplicationValues.parse({ variables: [], limits: [], tls: [], ...application, secrets: shown });
};
