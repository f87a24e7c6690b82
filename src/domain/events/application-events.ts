import { z } from 'zod';
import { Duration } from '../duration-input.ts';
import { ApplicationId, Instant, Sealed, Tenant } from '../values.ts';
import { Hooks, Retention } from './job-fields.ts';

const setAt = { name: z.string(), updatedAt: Instant, updatedBy: z.string() };
/** A value that jobs of the application name as `${NAME}`. */
export const Variable = z.object({ ...setAt, value: z.string() });
export type Variable = z.infer<typeof Variable>;
/** A sealed value that jobs of the application name as `${secret:NAME}`. */
export const Secret = z.object({
  ...setAt,
  value: Sealed,
  /** The only origins that it may be sent to; if absent, it may be sent to every allowed target. */
  allowedOrigins: z.array(z.string()).optional(),
  /** It signs every call of the application, and is sent nowhere: jobs cannot name it. */
  signing: z.literal(true).optional(),
});
export type Secret = z.infer<typeof Secret>;

/** A bound on the calls of all jobs of the application that name it: at once, in a time, or both. */
export const Limit = z.object({
  ...setAt,
  /** Calls under way at the same time. */
  parallel: z.int().optional(),
  /** Calls begun in any span of this length. */
  rate: z.object({ count: z.int(), per: Duration }).optional(),
});
export type Limit = z.infer<typeof Limit>;

/** TLS settings for calls of some origins: trusted authorities and client certificate. */
export const TlsSettings = z.object({
  ...setAt,
  /** Each `https:`; in no other settings of the application. */
  origins: z.array(z.string()),
  /** PEM: the only authorities that are trusted there; absent: those that Node trusts. */
  ca: z.string().optional(),
  /** PEM: the client's certificate, and those between it and its authority. */
  certificate: z.string().optional(),
  /** PEM of its private key. */
  key: Sealed.optional(),
  /** Tells which key the certificate has: SHA-256 of the public key, base64. */
  keyId: z.string().optional(),
});
export type TlsSettings = z.infer<typeof TlsSettings>;

/** What jobs of an application go by that say nothing of it themselves. */
export const JobDefaults = z.object({ ...Hooks.shape, retention: Retention.exactOptional() });
export type JobDefaults = z.infer<typeof JobDefaults>;

/** An application, with its secrets sealed. Every application event carries it whole. */
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
  /** Values sealed under this generation of the data key, or an earlier one, cannot be opened any more. */
  erasedGeneration: z.int().optional(),
});
export type Application = z.infer<typeof Application>;

export const ApplicationCreated = z.object({ type: z.literal('ApplicationCreated'), data: Application });
export const ApplicationUpdated = z.object({ type: z.literal('ApplicationUpdated'), data: Application });

const ofVariable = Application.extend({ variable: z.string() });
const ofSecret = Application.extend({ secret: z.string() });
const ofLimit = Application.extend({ limit: z.string() });
/** Each carries the application after the change, and the name of what was set or deleted. */
export const VariableSet = z.object({ type: z.literal('VariableSet'), data: ofVariable });
export const VariableDeleted = z.object({ type: z.literal('VariableDeleted'), data: ofVariable });
export const SecretSet = z.object({ type: z.literal('SecretSet'), data: ofSecret });
export const SecretDeleted = z.object({ type: z.literal('SecretDeleted'), data: ofSecret });
export const LimitSet = z.object({ type: z.literal('LimitSet'), data: ofLimit });
export const LimitDeleted = z.object({ type: z.literal('LimitDeleted'), data: ofLimit });
const ofTls = Application.extend({ tlsName: z.string() });
export const TlsSet = z.object({ type: z.literal('TlsSet'), data: ofTls });
export const TlsDeleted = z.object({ type: z.literal('TlsDeleted'), data: ofTls });
/** This generation of the data key is about to be deleted for good. */
export const SecretsErased = z.object({
  type: z.literal('SecretsErased'),
  data: Application.extend({ generation: z.int() }),
});

/** Somebody is about to delete the application, and looks whether it has jobs. Any event after this calls it off. */
export const ApplicationDeletionStarted = z.object({
  type: z.literal('ApplicationDeletionStarted'),
  data: Application,
});
/** It stays: a job came first, or it has some. */
export const ApplicationDeletionCancelled = z.object({
  type: z.literal('ApplicationDeletionCancelled'),
  data: Application,
});
/** It is gone for good. Carries none of its variables, secrets, limits and TLS settings. */
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

/** The application's data key, wrapped by a key of the ring; only its stream's last event is kept. */
export const DataKeyWrapped = z.object({
  type: z.literal('DataKeyWrapped'),
  data: z.object({
    tenant: Tenant,
    applicationId: ApplicationId,
    generation: z.int(),
    /** Id in `SECRET_KEYS` of the key that wraps. */
    keyEncryptionKeyId: z.string(),
    /** base64 of nonce, wrapped key and tag, AES-256-GCM. */
    wrapped: z.string(),
  }),
});
export type KeyEvent = z.infer<typeof DataKeyWrapped>;
