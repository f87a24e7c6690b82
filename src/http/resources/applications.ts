import { z } from 'zod';
import { defined } from '../../domain/defined.ts';
import { type Application, Limit, Variable } from '../../domain/events/index.ts';
import { certificateFacts, expiryState } from '../../domain/named-values/keys.ts';
import { SEALED_SHOWN } from '../../domain/redaction/mask.ts';
import { Instant, toMs } from '../../domain/values.ts';
import {
  type ApplicationSummary,
  ShownApplication,
  ShownSecret,
  type TlsView,
  toApplicationView,
} from '../../projections/queries/records/applications.ts';
import { type Resource, SealedSchema } from './common.ts';

export const ApplicationSchema = ShownApplication.meta({ id: 'Application' });

/** Converts an application of an event to the summary that queries return. */
export const applicationSummary = ({ applicationId, name, displayName }: Application): ApplicationSummary => ({
  id: applicationId,
  name,
  displayName,
});

/** An application of an event as the API shows it. */
export const applicationResource = (application: Application): Resource => toApplicationView(application);

export const VariableSchema = Variable.meta({ id: 'Variable' });
export const SecretSchema = ShownSecret.meta({ id: 'Secret' });

const CertificateSchema = z
  .object({ subject: z.string(), issuer: z.string(), expiresAt: Instant, fingerprint: z.string() })
  .meta({ id: 'Certificate', description: 'fingerprint is SHA-256, hexadecimal' });

export const TlsSchema = z
  .object({
    name: z.string(),
    origins: z.array(z.string()),
    ca: z.string().optional().meta({ description: 'PEM' }),
    authorities: z.array(CertificateSchema).optional(),
    certificate: z.string().optional().meta({ description: 'PEM' }),
    chain: z.array(CertificateSchema).optional(),
    key: SealedSchema.optional(),
    expiry: z.enum(['valid', 'expiresSoon', 'expired']),
    updatedAt: Instant,
    updatedBy: z.string(),
  })
  .meta({ id: 'TlsSettings' });

export const LimitSchema = Limit.meta({ id: 'Limit' });

/** TLS settings in the API: with the facts of their certificates, and without the key. */
export const tlsResource = ({ name, origins, ca, certificate, updatedAt, updatedBy }: TlsView, nowMs: number) => {
  const authorities = ca === undefined ? undefined : certificateFacts(ca);
  const chain = certificate === undefined ? undefined : certificateFacts(certificate);
  const expiries = [...(authorities ?? []), ...(chain ?? [])].map(({ expiresAt }) => toMs(expiresAt));
  return defined({
    name,
    origins,
    ca,
    authorities,
    certificate,
    chain,
    key: certificate && SEALED_SHOWN,
    expiry: expiryState(expiries, nowMs),
    updatedAt,
    updatedBy,
  });
};
