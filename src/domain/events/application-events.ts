import { z } from 'zod';
import { Duration } from '../duration-input.ts';
import { ApplicationId, Instant, Sealed, Tenant } from '../values.ts';
import { Hooks, Retention } from './job-events.ts';

const setAt = { name: z.string(), updatedAt: Instant, updatedBy: z.string() };
/** A value that the application's jobs use as `${NAME}`. */
export const Variable = z.object({ ...setAt, value: z.string() });
export type Variable = z.infer<typeof Variable>;
/** A sealed value that the application's jobs use as `${secret:NAME}`. */
export const Secret = z.object({
  ...setAt,
  value: Sealed,
  /** The only origins that can receive it; if absent, every allowed target can. */
  allowedOrigins: z.array(z.string()).optional(),
  /** Signs every call of the application and is never sent: jobs cannot use it. */
  signing: z.literal(true).optional(),
});
export type Secret = z.infer<typeof Secret>;

/** A concurrency limit, rate limit, or both, shared by the application's jobs that use it. */
export const Limit = z.object({
  ...setAt,
  /** Maximum simultaneous calls. */
  parallel: z.int().optional(),
  /** Maximum calls that begin in any span of this length. */
  rate: z.object({ count: z.int(), per: Duration }).optional(),
});
export type Limit = z.infer<typeof Limit>;

/** TLS settings for calls of some origins: trusted authorities and client certificate. */
export const TlsSettings = z.object({
  ...setAt,
  /** Each `https:`; an origin appears in only one of the application's settings. */
  origins: z.array(z.string()),
  /** PEM of the only trusted authorities; if absent, those that Node trusts. */
  ca: z.string().optional(),
  /** PEM of the client certificate and its intermediates. */
  certificate: z.string().optional(),
  /** PEM of the private key. */
  key: Sealed.optional(),
  /** SHA-256 of the certificate's public key, base64. */
  keyId: z.string().optional(),
});
export type TlsSettings = z.infer<typeof TlsSettings>;

/** Defaults for jobs that do not set these fields. */
export const JobDefaults = z.object({ ...Hooks.shape, retention: Retention.exactOptional() });
export type JobDefaults = z.infer<typeof JobDefaults>;

/** An application with sealed secrets. Every application event carries the whole application. */
export const Application = z.object({
  applicationId: ApplicationId,
  tenant: Tenant,
  name: z.string(),
  displayName: z.string(),
  createdAt: Instant,
  createdBy: z.string(),
  updatedAt: Instant,
  updatedBy: z.string(),
  ...JobDefaults.shape,
  /** Sorted by name. */
  variables: z.array(Variable).optional(),
  /** Sorted by name. */
  secrets: z.array(Secret).optional(),
  /** Sorted by name. */
  limits: z.array(Limit).optional(),
  /** Sorted by name. */
  tls: z.array(TlsSettings).optional(),
  /** Values sealed under this or an earlier generation of the data key cannot be opened. */
  erasedGeneration: z.int().optional(),
});
export type Application = z.infer<typeof Application>;

export const ApplicationCreated = z.object({ type: z.literal('ApplicationCreated'), data: Application });
export const ApplicationUpdated = z.object({ type: z.literal('ApplicationUpdated'), data: Application });

const ofVariable = Application.extend({ variable: z.string() });
const ofSecret = Application.extend({ secret: z.string() });
const ofLimit = Application.extend({ limit: z.string() });
/** Each carries the changed application and the name that was set or deleted. */
export const VariableSet = z.object({ type: z.literal('VariableSet'), data: ofVariable });
export const VariableDeleted = z.object({ type: z.literal('VariableDeleted'), data: ofVariable });
export const SecretSet = z.object({ type: z.literal('SecretSet'), data: ofSecret });
export const SecretDeleted = z.object({ type: z.literal('SecretDeleted'), data: ofSecret });
export const LimitSet = z.object({ type: z.literal('LimitSet'), data: ofLimit });
export const LimitDeleted = z.object({ type: z.literal('LimitDeleted'), data: ofLimit });
const ofTls = Application.extend({ tlsName: z.string() });
export const TlsSet = z.object({ type: z.literal('TlsSet'), data: ofTls });
export const TlsDeleted = z.object({ type: z.literal('TlsDeleted'), data: ofTls });
/** This generation of the data key is about to be deleted permanently. */
export const SecretsErased = z.object({
  type: z.literal('SecretsErased'),
  data: Application.extend({ generation: z.int() }),
});

/** A deletion has started and is checking whether the application has jobs. Any later event cancels it. */
export const ApplicationDeletionStarted = z.object({
  type: z.literal('ApplicationDeletionStarted'),
  data: Application,
});
/** The deletion was cancelled because the application has a job. */
export const ApplicationDeletionCancelled = z.object({
  type: z.literal('ApplicationDeletionCancelled'),
  data: Application,
});
/** The application was deleted permanently. Carries none of its variables, secrets, limits and TLS settings. */
export const ApplicationDeleted = z.object({ type: z.literal('ApplicationDeleted'), data: Application });

export const ApplicationEvent = z.discriminatedUnion('type', [
  ApplicationCreated,
  ApplicationUpdated,
  ApplicationDeletionStarted,
  ApplicationDeletionCancelled,
  ApplicationDeleted,
  VariableSet,
  VariableDeleted,
  SecretSet,
  SecretDeleted,
  LimitSet,
  LimitDeleted,
  TlsSet,
  TlsDeleted,
  SecretsErased,
]);
export type ApplicationEvent = z.infer<typeof ApplicationEvent>;

/** The application's data key, wrapped by a key-encryption key; only the stream's last event is kept. */
export const DataKeyWrapped = z.object({
  type: z.literal('DataKeyWrapped'),
  data: z.object({
    tenant: Tenant,
    applicationId: ApplicationId,
    generation: z.int(),
    /** Id of the wrapping key in `SECRET_KEYS`. */
    keyEncryptionKeyId: z.string(),
    /** base64 of nonce, wrapped key and tag, AES-256-GCM. */
    wrapped: z.string(),
  }),
});
export type KeyEvent = z.infer<typeof DataKeyWrapped>;
