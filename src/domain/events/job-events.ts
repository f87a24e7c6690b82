import { z } from 'zod';
import { Duration } from '../duration-input.ts';
import { ApplicationId, Instant, JobId, Json, MaybeSealed, Sealed, Tenant } from '../values.ts';
import { Retention, RuleFields, ScheduleFields } from './job-fields.ts';

export const HTTP_METHODS = ['GET', 'POST', 'HEAD', 'PUT', 'DELETE', 'PATCH'] as const;

/** Where a client identifies itself to the token endpoint: the header `Authorization`, or the body (RFC 6749, 2.3.1). */
export const CLIENT_AUTHS = ['basic', 'body'] as const;

/** What of OAuth2 client credentials is not secret. */
export const OAuth2Fields = z.object({
  authMethod: z.literal('oauth2'),
  tokenUrl: z.string(),
  clientId: z.string(),
  scope: z.string().optional(),
  audience: z.string().optional(),
  /** Absent: `basic`. */
  clientAuth: z.enum(CLIENT_AUTHS).optional(),
});
export type OAuth2Fields = z.infer<typeof OAuth2Fields>;

export const Auth = z.discriminatedUnion('authMethod', [
  z.object({ authMethod: z.literal('bearer'), token: MaybeSealed }),
  z.object({ authMethod: z.literal('basic'), username: z.string(), password: MaybeSealed }),
  OAuth2Fields.extend({ clientSecret: MaybeSealed }),
]);
export type Auth = z.infer<typeof Auth>;

/** The request that an HttpInvokerTask makes: to `endpoint` and `path`, or to one `url`, stored as given. */
export const TaskConfig = z.object({
  endpoint: z.string().optional(),
  path: z.string().optional(),
  url: z.string().optional(),
  method: z.enum(HTTP_METHODS),
  /** Any JSON value; for a confidential job, its sealed JSON text. */
  body: z.union([Sealed, Json]).optional(),
  headers: z.record(z.string(), MaybeSealed).optional(),
  auth: Auth.optional(),
  timeout: Duration.optional(),
  /** Statuses that count as success beside 2xx. */
  successStatus: z.array(z.int()).optional(),
});
export type TaskConfig = z.infer<typeof TaskConfig>;

/** A job, with its secrets sealed. Every job event carries it whole. */
export const JobDefinition = z.object({
  jobId: JobId,
  tenant: Tenant,
  applicationId: ApplicationId,
  name: z.string(),
  description: z.string().optional(),
  enabled: z.boolean(),
  ...ScheduleFields.shape,
  ...RuleFields.shape,
  taskType: z.literal('HttpInvokerTask'),
  taskConfig: TaskConfig,
  /** Bodies and results are sealed. */
  confidential: z.boolean().optional(),
  labels: z.record(z.string(), z.string()).optional(),
  retention: Retention.optional(),
  createdAt: Instant,
  createdBy: z.string(),
  updatedAt: Instant,
  updatedBy: z.string(),
});
export type JobDefinition = z.infer<typeof JobDefinition>;

export const JobCreated = z.object({ type: z.literal('JobCreated'), data: JobDefinition });
export const JobUpdated = z.object({ type: z.literal('JobUpdated'), data: JobDefinition });
export const JobEnabled = z.object({ type: z.literal('JobEnabled'), data: JobDefinition });
export const JobDisabled = z.object({ type: z.literal('JobDisabled'), data: JobDefinition });
export const JobDeleted = z.object({ type: z.literal('JobDeleted'), data: JobDefinition });

export const JobEvent = z.discriminatedUnion('type', [JobCreated, JobUpdated, JobEnabled, JobDisabled, JobDeleted]);
export type JobEvent = z.infer<typeof JobEvent>;

/** Somebody had a definition called once, as a test: it is no execution, and what came of it is not recorded. */
export const TestCallRequested = z.object({
  type: z.literal('TestCallRequested'),
  data: z.object({
    tenant: Tenant,
    applicationId: ApplicationId,
    /** The job that the definition is of, where it is saved already. */
    jobId: JobId.exactOptional(),
    method: z.enum(HTTP_METHODS),
    /** With its parameters filled in and its secrets masked. */
    url: z.string(),
  }),
});
export type TestCallRequested = z.infer<typeof TestCallRequested>;
