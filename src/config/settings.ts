import { z } from 'zod';
import { parsePortRanges, parseTargetEntries } from '../domain/targets/index.ts';
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
import { otelSettings } from './otel-settings.ts';

const MIN_SECRET_BYTES = 32;

/** Every environment variable that Carillon reads, with its meaning, bounds and default. An empty one counts as unset. */
export const Settings = z.object({
  PORT: wholeNumber(0, 65_535)
    .optional()
    .describe('Port of the HTTP API; 0 takes any free one. Default: 3000, or another free one in development mode.'),
  HOST: z
    .string()
    .optional()
    .describe('Address to listen on. Default: 127.0.0.1 in development mode, else 0.0.0.0 (all).'),
  METRICS_PORT: wholeNumber(1, 65_535)
    .optional()
    .describe('Port of /metrics, /readyz with reasons and /healthz, without a token: for scrapers inside a network.'),
  CARILLON_DATA: z
    .string()
    .default('.carillon')
    .describe('Folder of run.json and of the embedded Postgres; relative to the working folder.'),
  PUBLIC_URL: origin()
    .optional()
    .describe('Origin under which callers reach this service (the gateway); jobs may always call it.'),

  DATABASE_URL: urlWith('postgres', 'postgresql')
    .refine(hasReadableCredentials, 'must hold a user name and password that are percent-encoded')
    .optional()
    .describe('Postgres server to use. Without it, an embedded Postgres runs in the data folder.'),
  EVENTSTORE_URL: urlOfHosts(...LOG_SCHEMES)
    .optional()
    .describe('EventStoreDB that holds the log, by one host or by several. Without it, Postgres holds the log.'),
  EVENTSTORE_PREFIX: z
    .string()
    .regex(/^[a-z][a-z0-9]{0,30}_$/, 'must be lower-case letters and digits with one _ at the end, such as carillon_')
    .default('carillon_')
    .describe("Begins every stream's name, so that one cluster can be shared."),

  KAFKA_BROKERS: list()
    .refine((brokers) => brokers.every(isHostAndPort), 'must be brokers as host:port, commas between them')
    .optional()
    .describe('Brokers as host:port, commas between them. Without it, nothing is published.'),
  KAFKA_SSL: onOff().default(false).describe('Connect to Kafka over TLS.'),
  KAFKA_SASL_MECHANISM: z
    .enum(['plain', 'scram-sha-256', 'scram-sha-512'], 'must be plain, scram-sha-256 or scram-sha-512')
    .optional()
    .describe('How to sign in to Kafka; with KAFKA_SASL_USERNAME and KAFKA_SASL_PASSWORD.'),
  KAFKA_SASL_USERNAME: z.string().optional().describe('User of Kafka.'),
  KAFKA_SASL_PASSWORD: z.string().optional().describe("Password of Kafka's user."),
  KAFKA_TOPIC_PREFIX: z
    .string()
    .regex(/^(?:[A-Za-z0-9._-]|\{tenant\})*$/, 'may hold letters, digits, dots, _ and -, and {tenant}')
    .default('')
    .describe("Begins every topic's name; {tenant} stands for the tenant."),
  KAFKA_PARTITIONS: wholeNumber(1, 10_000).default(6).describe('Partitions of topics that Carillon creates.'),
  KAFKA_REPLICATION: wholeNumber(1, 100).default(1).describe('Replicas of topics that Carillon creates.'),
  KAFKA_START: z
    .enum(['beginning', 'now'], 'must be beginning or now')
    .default('beginning')
    .describe('Where publishing begins the first time: with the first event of the log, or with the next one.'),

  JWT_SECRET: z
    .string()
    .refine(
      (text) => Buffer.byteLength(text) >= MIN_SECRET_BYTES,
      `must be at least ${MIN_SECRET_BYTES} bytes long, such as the output of: openssl rand -base64 48`,
    )
    .optional()
    .describe('Secret that HS256 tokens are signed with, at least 32 bytes.'),
  JWT_JWKS_URL: urlWith('https', 'http')
    .refine(isTlsOrLoopback, 'must begin with https://; http:// is for this machine only')
    .optional()
    .describe('Where the public keys of RS, ES and EdDSA tokens are published, over TLS; instead of JWT_SECRET.'),
  JWT_ISSUER: z
    .string()
    .optional()
    .describe('Required `iss` of tokens. Needed in production; in development mode it is not looked at when unset.'),
  JWT_AUDIENCE: z
    .string()
    .optional()
    .describe('Required `aud` of tokens. Needed in production; in development mode it is not looked at when unset.'),
  JWT_TENANT_CLAIM: z
    .string()
    .default('tenant')
    .describe('Claim that names the tenant. A token without it belongs to the tenant `default`.'),
  JWT_APPLICATIONS_CLAIM: z
    .string()
    .default('applications')
    .describe(
      'Claim that lists the ids of the applications that a user is bound to. Without it, they are bound to none.',
    ),
  ROLE_PERMISSIONS: rolePermissions()
    .default({})
    .describe('Permissions that each of a token\'s `roles` brings, as JSON: {"operator":["scheduler:jobs:read"]}.'),
  SESSION_COOKIE: z
    .string()
    .regex(/^[A-Za-z0-9!#$%&'*+.^_`|~-]+$/, 'must be a cookie name')
    .default('session')
    .describe('Cookie of browsers: it may carry a JWT instead of the Authorization header, and is set by signing in.'),

  OIDC_ISSUER: urlWith('https', 'http')
    .refine(isTlsOrLoopback, 'must begin with https://; http:// is for this machine only')
    .optional()
    .describe(
      'Identity provider at which people sign in with a browser: its issuer, as its discovery document names it.',
    ),
  OIDC_CLIENT_ID: z.string().optional().describe('What the provider knows Carillon by. Needed with OIDC_ISSUER.'),
  OIDC_CLIENT_SECRET: z.string().optional().describe('Secret of that client. Without it, the client is a public one.'),
  OIDC_SCOPES: list()
    .refine((scopes) => scopes.includes('openid'), 'must have openid among them')
    .default(['openid', 'profile'])
    .describe('Scopes to ask the provider for, commas between them. Default: openid,profile.'),
  OIDC_SESSION: durationMs('5m', '24h')
    .default(3_600_000)
    .describe('How long a session lasts that began at the provider; then the provider is asked again. Default: 1h.'),

  SECRET_KEYS: z
    .string()
    .superRefine(parsedBy(createKeyRing))
    .optional()
    .describe('Keys that seal secrets: id:base64 of 32 bytes each, commas between them; the first is current.'),
  AUDIT_KEY: z
    .string()
    .refine(isAuditKey, 'must be the base64 of 32 bytes, such as the output of: openssl rand -base64 32')
    .optional()
    .describe(
      'Ed25519 key that checkpoints and exports for audits are signed with: base64 of 32 bytes, in all processes the same.',
    ),
  AUDIT_PUBLIC_KEYS: list()
    .default([])
    .refine(
      (keys) => keys.every(isAuditPublicKey),
      'must be keys as `carillon audit key` prints them, or base64 of 32 bytes',
    )
    .describe('Public keys of earlier values of AUDIT_KEY, commas between them: what they signed stays valid.'),
  SENSITIVE_NAMES: list()
    .default([])
    .describe(
      'Further names of headers and query parameters that targets use for secrets, such as X-Club-Card, commas between them.',
    ),
  ALLOWED_TARGETS: list()
    .superRefine(parsedBy(parseTargetEntries))
    .default([])
    .describe(
      'Internal targets that jobs may call: hosts, host:port, .suffixes and CIDR ranges; public ones with TARGETS=listed.',
    ),
  TARGETS: z
    .enum(['public', 'listed'], 'must be public or listed')
    .default('public')
    .describe('With listed, jobs may call only what ALLOWED_TARGETS lists, and this service.'),
  TARGET_PORTS: list()
    .superRefine(parsedBy(parsePortRanges))
    .optional()
    .describe('Ports and ranges of ports that jobs may call, such as 80,443,8000-8999. Default: every port.'),
  EGRESS_PROXY: urlWith('http', 'https')
    .refine(hasReadableCredentials, 'must percent-encode what is special in user name and password')
    .optional()
    .describe('HTTP proxy that public addresses are called through, by CONNECT to the address that was judged.'),
  INTERNAL_HOSTS: list()
    .superRefine(parsedBy(parseTargetEntries))
    .default([])
    .describe('Further host names or .suffixes to treat as internal.'),
  BOOTSTRAP_DIR: z.string().optional().describe('Folder with a folder of job definitions for each application.'),
  BOOTSTRAP_ENV_PREFIX: z
    .string()
    .regex(/^[A-Za-z][A-Za-z0-9_]*_$/, 'must be letters, digits and _, with _ at the end, such as JOBS_')
    .default('JOBS_')
    .describe(
      'Bootstrap files can read only the environment variables whose names begin with this, and no setting of Carillon. `carillon bootstrap` reads the setting, too.',
    ),

  ENGINE_START: z
    .enum(['running', 'paused'], 'must be running or paused')
    .default('running')
    .describe('With paused, engines call nothing until `carillon engine release`, as on a restored or copied log.'),
  ENGINES: wholeNumber(1, 256)
    .optional()
    .describe(
      'Engines that a process with the role `engine` runs: one itself, each further one as a process that it starts. Default: the cores that it may use less one, at least 1 and at most 4.',
    ),
  ENGINE_CONCURRENCY: wholeNumber(1, 10_000)
    .default(1_024)
    .describe('Calls under way at once in one engine; tenants and targets get shares of them.'),
  TARGET_CONCURRENCY: wholeNumber(1, 10_000)
    .default(512)
    .describe('Calls under way at once in one engine to one target origin.'),
  MAX_TIMEOUT: durationMs('1s', '30m')
    .default(1_800_000)
    .describe('Largest timeout of a call: jobs that ask for more are rejected, older ones get this. Default: 30m.'),

  CALLER_REQUESTS_PER_MINUTE: wholeNumber(1, 1_000_000)
    .optional()
    .describe('Requests that a user or API token may send a minute, to each process of the API. Default: any number.'),
  TENANT_JOBS: wholeNumber(1, 10_000_000).optional().describe('Jobs that a tenant may have. Default: any number.'),
  TENANT_TRIGGERS_PER_MINUTE: wholeNumber(1, 1_000_000)
    .optional()
    .describe('Jobs that a tenant may trigger a minute, by each process of the API. Default: any number.'),
  TENANT_BODY_BYTES_PER_MINUTE: wholeNumber(1, 1_000_000_000)
    .optional()
    .describe('Bytes of bodies that a tenant may send a minute, to each process of the API. Default: any number.'),

  SMTP_URL: urlWith('smtp', 'smtps')
    .refine(hasReadableCredentials, 'must hold a user name and password that are percent-encoded')
    .optional()
    .describe('Mail server of alerts: smtps://user:password@mail.example.com. Without it, no e-mail is sent.'),
  MAIL_FROM: z
    .string()
    .regex(/^(?:[^<>@\p{Cc}]+ <[^<>@\s]+@[^<>@\s]+>|[^<>@\s]+@[^<>@\s]+)$/u, 'must be an address, or Name <address>')
    .optional()
    .describe('Sender of e-mail: Carillon <carillon@example.com>. Needed with SMTP_URL.'),
  ALERT_EMAIL_DOMAINS: list()
    .default([])
    .describe('Domains that alerts may be mailed to, commas between them. Needed with SMTP_URL.'),

  REJECTION_RETENTION: durationMs('1h', '3650d')
    .default(7_776_000_000)
    .describe('How long the audit lists requests that were rejected. Default: 90d.'),

  EXECUTION_RETENTION: executionRetention()
    .optional()
    .describe(
      'How long executions are kept, from 32d on: then they expire, and their events are cut from the log. Default: for ever.',
    ),

  HEARTBEAT_URL: urlWith('https', 'http')
    .optional()
    .describe(
      'Called every 30 s while claims, the log and the read models make progress, so that a watch outside notices when Carillon stops.',
    ),

  ...otelSettings,

  LOG_LEVEL: z
    .enum(['debug', 'info', 'warn', 'error', 'silent'], 'must be debug, info, warn, error or silent')
    .default('info')
    .describe('Least level that is logged. SIGUSR2 switches a running process to debug and back.'),
  LOG_EXECUTIONS: share()
    .default(1)
    .describe('Share of the executions that lines of the log tell of, 0 to 1. That one failed is always logged.'),
  LOG_FORMAT: z
    .enum(['json', 'terminal'], 'must be json or terminal')
    .optional()
    .describe('Form of a log line. Default: terminal where standard output is one, else json.'),
});
export type Settings = z.infer<typeof Settings>;
