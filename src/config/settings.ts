import { z } from 'zod';
import { parsePortRanges, parseTargetEntries } from '../domain/targets/policy.ts';
import { LOG_SCHEMES } from '../event-store/log-kinds.ts';
import { createKeyRing } from '../secrets/key-ring.ts';
import {
  durationMs,
  executionRetention,
  hasReadableCredentials,
  isAuditKey,
  isAuditPublicKey,
  isHostAndPort,
  isTlsOrLoopback,
  keyValues,
  list,
  onOff,
  origin,
  parsedBy,
  rolePermissions,
  share,
  urlOfHosts,
  urlWith,
  wholeNumber,
} from './fields.ts';

/** The OpenTelemetry variables that Carillon supports, with their standard names. */
const otelSettings = {
  OTEL_EXPORTER_OTLP_ENDPOINT: urlWith('https', 'http')
    .optional()
    .describe('URL of the trace collector; traces go to /v1/traces under it. Without it, no traces are sent.'),
  OTEL_EXPORTER_OTLP_HEADERS: keyValues()
    .default({})
    .describe('Headers for the collector, such as api-key=…; percent-encoded and separated by commas.'),
  OTEL_SERVICE_NAME: z.string().default('carillon').describe('Service name in traces.'),
  OTEL_RESOURCE_ATTRIBUTES: keyValues()
    .default({})
    .describe('More attributes of the process in traces, such as deployment.environment.name=production.'),
  OTEL_TRACES_SAMPLER: z
    .enum(
      ['parentbased_always_on', 'parentbased_always_off', 'parentbased_traceidratio'],
      'must be parentbased_always_on, parentbased_always_off or parentbased_traceidratio',
    )
    .default('parentbased_traceidratio')
    .describe('Sampler of traces. The decision of a caller or a linked request has priority.'),
  OTEL_TRACES_SAMPLER_ARG: share()
    .default(1)
    .describe('Fraction of traces that parentbased_traceidratio records, 0 to 1.'),
  OTEL_SDK_DISABLED: onOff().default(false).describe('With true, traces are off regardless of other settings.'),
};

const OtelSettings = z.object(otelSettings);

/** Where to send traces and which to record; `undefined` without tracing. */
export const tracingOf = (settings: z.infer<typeof OtelSettings>) => {
  const base = settings.OTEL_EXPORTER_OTLP_ENDPOINT;
  if (base === undefined || settings.OTEL_SDK_DISABLED) return undefined;
  return {
    url: `${base.replace(/\/$/, '')}/v1/traces`,
    headers: settings.OTEL_EXPORTER_OTLP_HEADERS,
    serviceName: settings.OTEL_SERVICE_NAME,
    resourceAttributes: settings.OTEL_RESOURCE_ATTRIBUTES,
    ratio: ratioOf(settings),
  };
};

const ratioOf = ({ OTEL_TRACES_SAMPLER, OTEL_TRACES_SAMPLER_ARG }: z.infer<typeof OtelSettings>): number => {
  switch (OTEL_TRACES_SAMPLER) {
    case 'parentbased_always_on':
      return 1;
    case 'parentbased_always_off':
      return 0;
    case 'parentbased_traceidratio':
      return OTEL_TRACES_SAMPLER_ARG;
  }
};

const MIN_SECRET_BYTES = 32;

/** Every environment variable that Carillon reads, with its meaning, bounds and default. An empty value counts as unset. */
export const Settings = z.object({
  PORT: wholeNumber(0, 65_535)
    .optional()
    .describe('Port of the HTTP API; 0 selects a free one. Default: 3000, or another free one in development mode.'),
  HOST: z
    .string()
    .optional()
    .describe('Address to listen on. Default: 127.0.0.1 in development mode, else 0.0.0.0 (all).'),
  METRICS_PORT: wholeNumber(1, 65_535)
    .optional()
    .describe(
      'Port of /metrics, /readyz with reasons, and /healthz, without a token, for scrapers in an internal network.',
    ),
  CARILLON_DATA: z
    .string()
    .default('.carillon')
    .describe('Folder of run.json and the embedded Postgres, relative to the working folder.'),
  PUBLIC_URL: origin()
    .optional()
    .describe('Origin at which callers reach this service (the gateway). Jobs can always call it.'),

  DATABASE_URL: urlWith('postgres', 'postgresql')
    .refine(hasReadableCredentials, 'must contain a percent-encoded user name and password')
    .optional()
    .describe('Postgres server. Without it, an embedded Postgres runs in the data folder.'),
  EVENTSTORE_URL: urlOfHosts(...LOG_SCHEMES)
    .optional()
    .describe('EventStoreDB for the log, with one or more hosts. Without it, Postgres stores the log.'),
  EVENTSTORE_PREFIX: z
    .string()
    .regex(/^[a-z][a-z0-9]{0,30}_$/, 'must be lower-case letters and digits with one _ at the end, such as carillon_')
    .default('carillon_')
    .describe('Prefix of all stream names, so that a cluster can be shared.'),

  KAFKA_BROKERS: list()
    .refine((brokers) => brokers.every(isHostAndPort), 'must be brokers as host:port, separated by commas')
    .optional()
    .describe('Kafka brokers as host:port, separated by commas. Without it, nothing is published.'),
  KAFKA_SSL: onOff().default(false).describe('Connects to Kafka over TLS.'),
  KAFKA_SASL_MECHANISM: z
    .enum(['plain', 'scram-sha-256', 'scram-sha-512'], 'must be plain, scram-sha-256 or scram-sha-512')
    .optional()
    .describe('Mechanism to sign in to Kafka; requires KAFKA_SASL_USERNAME and KAFKA_SASL_PASSWORD.'),
  KAFKA_SASL_USERNAME: z.string().optional().describe('Kafka user.'),
  KAFKA_SASL_PASSWORD: z.string().optional().describe('Password of the Kafka user.'),
  KAFKA_TOPIC_PREFIX: z
    .string()
    .regex(/^(?:[A-Za-z0-9._-]|\{tenant\})*$/, 'must contain only letters, digits, dots, _ and -, and {tenant}')
    .default('')
    .describe('Prefix of all topic names; {tenant} is replaced by the tenant.'),
  KAFKA_PARTITIONS: wholeNumber(1, 10_000).default(6).describe('Partitions of topics that Carillon creates.'),
  KAFKA_REPLICATION: wholeNumber(1, 100).default(1).describe('Replicas of topics that Carillon creates.'),
  KAFKA_START: z
    .enum(['beginning', 'now'], 'must be beginning or now')
    .default('beginning')
    .describe('First event to publish: the first event of the log, or the next new one.'),

  JWT_SECRET: z
    .string()
    .refine(
      (text) => Buffer.byteLength(text) >= MIN_SECRET_BYTES,
      `must be at least ${MIN_SECRET_BYTES} bytes long, such as the output of: openssl rand -base64 48`,
    )
    .optional()
    .describe('Secret that signs HS256 tokens, at least 32 bytes.'),
  JWT_JWKS_URL: urlWith('https', 'http')
    .refine(isTlsOrLoopback, 'must start with https://; http:// is for this machine only')
    .optional()
    .describe('URL of the public keys of RS, ES and EdDSA tokens, over TLS; instead of JWT_SECRET.'),
  JWT_ISSUER: z
    .string()
    .optional()
    .describe('Required `iss` of tokens. Required in production; in development mode it is checked only if set.'),
  JWT_AUDIENCE: z
    .string()
    .optional()
    .describe('Required `aud` of tokens. Required in production; in development mode it is checked only if set.'),
  JWT_TENANT_CLAIM: z
    .string()
    .default('tenant')
    .describe('Claim with the tenant. A token without it belongs to the tenant `default`.'),
  JWT_APPLICATIONS_CLAIM: z
    .string()
    .default('applications')
    .describe('Claim with the ids of the applications that a user is limited to. Without it, users are not limited.'),
  ROLE_PERMISSIONS: rolePermissions()
    .default({})
    .describe('Permissions that each of a token\'s `roles` grants, as JSON: {"operator":["scheduler:jobs:read"]}.'),
  SESSION_COOKIE: z
    .string()
    .regex(/^[A-Za-z0-9!#$%&'*+.^_`|~-]+$/, 'must be a cookie name')
    .default('session')
    .describe(
      'Name of the browser cookie that signing in sets. It can also contain a JWT, instead of the Authorization header.',
    ),

  OIDC_ISSUER: urlWith('https', 'http')
    .refine(isTlsOrLoopback, 'must start with https://; http:// is for this machine only')
    .optional()
    .describe('Identity provider for sign-ins with a browser: the issuer from its discovery document.'),
  OIDC_CLIENT_ID: z
    .string()
    .optional()
    .describe('Client id that the provider gave Carillon. Required with OIDC_ISSUER.'),
  OIDC_CLIENT_SECRET: z.string().optional().describe('Secret of that client. Without it, the client is public.'),
  OIDC_SCOPES: list()
    .refine((scopes) => scopes.includes('openid'), 'must contain openid')
    .default(['openid', 'profile'])
    .describe('Scopes to request from the provider, separated by commas. Default: openid,profile.'),
  OIDC_SESSION: durationMs('5m', '24h')
    .default(3_600_000)
    .describe('Lifetime of a session from the provider; then the user signs in with the provider again. Default: 1h.'),

  SECRET_KEYS: z
    .string()
    .superRefine(parsedBy(createKeyRing))
    .optional()
    .describe('Keys that seal secrets: id:base64 of 32 bytes each, separated by commas. The first is the current one.'),
  AUDIT_KEY: z
    .string()
    .refine(isAuditKey, 'must be the base64 of 32 bytes, such as the output of: openssl rand -base64 32')
    .optional()
    .describe('Ed25519 key that signs checkpoints and audit exports: base64 of 32 bytes, the same in all processes.'),
  AUDIT_PUBLIC_KEYS: list()
    .default([])
    .refine(
      (keys) => keys.every(isAuditPublicKey),
      'must be keys as `carillon audit key` prints them, or base64 of 32 bytes',
    )
    .describe('Public keys of earlier values of AUDIT_KEY, separated by commas. Their signatures stay valid.'),
  SENSITIVE_NAMES: list()
    .default([])
    .describe(
      'More names of headers and query parameters that contain secrets, such as X-Club-Card, separated by commas.',
    ),
  ALLOWED_TARGETS: list()
    .superRefine(parsedBy(parseTargetEntries))
    .default([])
    .describe(
      'Internal targets that jobs can call: hosts, host:port, .suffixes and CIDR ranges. With TARGETS=listed, also public ones.',
    ),
  TARGETS: z
    .enum(['public', 'listed'], 'must be public or listed')
    .default('public')
    .describe('With listed, jobs can call only the targets in ALLOWED_TARGETS and this service.'),
  TARGET_PORTS: list()
    .superRefine(parsedBy(parsePortRanges))
    .optional()
    .describe('Ports and port ranges that jobs can call, such as 80,443,8000-8999. Default: every port.'),
  EGRESS_PROXY: urlWith('http', 'https')
    .refine(hasReadableCredentials, 'must percent-encode special characters in user name and password')
    .optional()
    .describe('HTTP proxy for calls to public addresses, with CONNECT to the checked address.'),
  INTERNAL_HOSTS: list()
    .superRefine(parsedBy(parseTargetEntries))
    .default([])
    .describe('More host names or .suffixes to treat as internal.'),
  BOOTSTRAP_DIR: z.string().optional().describe('Folder with one folder of job definitions per application.'),
  BOOTSTRAP_ENV_PREFIX: z
    .string()
    .regex(/^[A-Za-z][A-Za-z0-9_]*_$/, 'must be letters, digits and _, with _ at the end, such as JOBS_')
    .default('JOBS_')
    .describe(
      'Prefix of the environment variables that bootstrap files can read. They can never read settings of Carillon. `carillon plan` and `carillon apply` also use this setting.',
    ),

  ENGINE_START: z
    .enum(['running', 'paused'], 'must be running or paused')
    .default('running')
    .describe('With paused, engines call nothing until `carillon engine release`, as on a restored or copied log.'),
  ENGINES: wholeNumber(1, 256)
    .optional()
    .describe(
      'Engines of a process with the role `engine`: one in the process, and a child process for each further one. Default: available cores minus one, at least 1 and at most 4.',
    ),
  ENGINE_TIMEOUT: durationMs('3s', '10s')
    .default(10_000)
    .describe(
      "Silence after which other engines take over an engine's jobs and record its running calls as `OUTCOME_UNKNOWN`. A shorter one costs more heartbeats, and an engine that stalls that long loses its jobs: see [Takeover](../how-to/engines.md#takeover).",
    ),
  ENGINE_CONCURRENCY: wholeNumber(1, 10_000)
    .default(1_024)
    .describe('Simultaneous calls of one engine, shared fairly by tenants and targets.'),
  TARGET_CONCURRENCY: wholeNumber(1, 10_000)
    .default(512)
    .describe('Simultaneous calls of one engine to one target origin.'),
  MAX_TIMEOUT: durationMs('1s', '30m')
    .default(1_800_000)
    .describe(
      'Maximum timeout of a call. Jobs that request more are rejected; older jobs get this timeout. Default: 30m.',
    ),

  CALLER_REQUESTS_PER_MINUTE: wholeNumber(1, 1_000_000)
    .optional()
    .describe('Requests per minute of a user or API token, for each API process. Default: unlimited.'),
  TENANT_JOBS: wholeNumber(1, 10_000_000).optional().describe('Jobs of a tenant. Default: unlimited.'),
  TENANT_TRIGGERS_PER_MINUTE: wholeNumber(1, 1_000_000)
    .optional()
    .describe('Manual triggers per minute of a tenant, for each API process. Default: unlimited.'),
  TENANT_BODY_BYTES_PER_MINUTE: wholeNumber(1, 1_000_000_000)
    .optional()
    .describe('Request body bytes per minute of a tenant, for each API process. Default: unlimited.'),

  SMTP_URL: urlWith('smtp', 'smtps')
    .refine(hasReadableCredentials, 'must contain a percent-encoded user name and password')
    .optional()
    .describe('Mail server for alerts: smtps://user:password@mail.example.com. Without it, no email is sent.'),
  MAIL_FROM: z
    .string()
    .regex(/^(?:[^<>@\p{Cc}]+ <[^<>@\s]+@[^<>@\s]+>|[^<>@\s]+@[^<>@\s]+)$/u, 'must be an address, or Name <address>')
    .optional()
    .describe('Sender of email: Carillon <carillon@example.com>. Required with SMTP_URL.'),
  ALERT_EMAIL_DOMAINS: list()
    .default([])
    .describe('Domains that can receive alert email, separated by commas. Required with SMTP_URL.'),

  REJECTION_RETENTION: durationMs('1h', '3650d')
    .default(7_776_000_000)
    .describe('Retention of rejected requests in the audit. Default: 90d.'),

  EXECUTION_RETENTION: executionRetention()
    .optional()
    .describe(
      'Retention of executions, at least 32d. Then they expire, and their events are deleted from the log. Default: forever.',
    ),

  HEARTBEAT_URL: urlWith('https', 'http')
    .optional()
    .describe(
      'URL to call every 30 s while claims, the log and the read models make progress, so that an external monitor notices if Carillon stops.',
    ),

  ...otelSettings,

  LOG_LEVEL: z
    .enum(['debug', 'info', 'warn', 'error', 'silent'], 'must be debug, info, warn, error or silent')
    .default('info')
    .describe('Minimum level of log lines. SIGUSR2 switches a running process to debug and back.'),
  LOG_EXECUTIONS: share()
    .default(1)
    .describe('Fraction of executions in the log lines, 0 to 1. Failures are always logged.'),
  LOG_FORMAT: z
    .enum(['json', 'terminal'], 'must be json or terminal')
    .optional()
    .describe('Format of log lines. Default: terminal if standard output is a terminal, else json.'),
});
export type Settings = z.infer<typeof Settings>;
