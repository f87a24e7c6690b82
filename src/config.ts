import { availableParallelism } from 'node:os';
import path from 'node:path';
import { distance } from 'fastest-levenshtein';
import { isLoopback } from './config/fields.ts';
import { Settings, tracingOf } from './config/settings.ts';
import type { TenantQuotas } from './domain/quotas.ts';
import type { KafkaSettings } from './publisher/kafka-client.ts';

/** Settings for browser sign-in with an identity provider. */
type OidcConfig = {
  readonly issuer: string;
  readonly clientId: string;
  /** `undefined` for a public client. */
  readonly clientSecret: string | undefined;
  readonly scopes: readonly string[];
  readonly sessionMs: number;
  readonly publicUrl: string;
};

/** Finds missing settings for browser sign-in. */
const problemsOfSignIn = (settings: Settings): SettingProblem[] => {
  const { OIDC_ISSUER: issuer, OIDC_CLIENT_ID: clientId, OIDC_CLIENT_SECRET: secret, PUBLIC_URL: publicUrl } = settings;
  const needs = 'is required with OIDC_ISSUER';
  const lacks = (isLacking: boolean, variable: string, message: string) => (isLacking ? [{ variable, message }] : []);
  return [
    ...lacks(Boolean(issuer && !clientId), 'OIDC_CLIENT_ID', `${needs}: the client id that the provider gave Carillon`),
    ...lacks(Boolean(issuer && !publicUrl), 'PUBLIC_URL', `${needs}: the provider redirects browsers back to it`),
    ...lacks(
      Boolean((clientId ?? secret) && !issuer),
      'OIDC_ISSUER',
      "is required with OIDC_CLIENT_ID or OIDC_CLIENT_SECRET: set it to the provider's issuer",
    ),
    ...lacks(
      /^__(?:Host|Secure)-/.test(settings.SESSION_COOKIE) && !publicUrl?.startsWith('https:'),
      'SESSION_COOKIE',
      'has a prefix that browsers accept only over TLS: PUBLIC_URL must start with https://',
    ),
  ];
};

/** `undefined` if no provider is configured. */
const toOidc = (settings: Settings): OidcConfig | undefined => {
  const { OIDC_ISSUER: issuer, OIDC_CLIENT_ID: clientId, PUBLIC_URL: publicUrl } = settings;
  if (!issuer || !clientId || !publicUrl) return undefined;
  return {
    issuer,
    clientId,
    clientSecret: settings.OIDC_CLIENT_SECRET,
    scopes: settings.OIDC_SCOPES,
    sessionMs: settings.OIDC_SESSION,
    publicUrl,
  };
};

/** A variable that is wrong or missing. */
type SettingProblem = {
  readonly variable: string;
  /** What is wrong and what to do; never the value, which may be a secret. */
  readonly message: string;
};

/** Settings are wrong or missing. The message names each variable and what to do about it. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
  readonly code = 'BAD_CONFIG';
  readonly problems: readonly SettingProblem[];

  constructor(problems: readonly SettingProblem[]) {
    super(['The settings are invalid:', ...problems.map(toLine)].join('\n'));
    this.problems = problems;
  }
}

const toLine = ({ variable, message }: SettingProblem): string => `  ${variable} ${message}`;

/** Maximum wrong, missing or additional letters; one in a short name, because other names are as close. */
const WRONG_LETTERS = 2;
const WRONG_LETTERS_IN_SHORT = 1;
const SHORT = 8;

/**
 * Finds variables with names close to a setting. Without this, a typo such as `EVENTSTORE_ULR` would start an embedded
 * Postgres instead of the intended log. Other variables are ignored: container platforms set many.
 * @param known names of the settings
 * @param given names of the variables that have a value
 */
const misspelt = (known: readonly string[], given: readonly string[]): SettingProblem[] =>
  given.flatMap((variable) => {
    if (known.includes(variable)) return [];
    const meant = known.find((name) => distance(name, variable) <= wrongLetters(name));
    return meant === undefined
      ? []
      : [
          {
            variable,
            message: `is an unknown setting: did you mean ${meant}? Rename it, or unset it if it is not for Carillon`,
          },
        ];
  });

const wrongLetters = (name: string): number => (name.length < SHORT ? WRONG_LETTERS_IN_SHORT : WRONG_LETTERS);

export type Config = {
  /** Development: neither DATABASE_URL nor EVENTSTORE_URL is set. */
  readonly mode: 'development' | 'production';
  readonly http: {
    readonly host: string;
    /** `undefined` if nothing listens, as in an engine process that another process started. */
    readonly port: number | undefined;
    /** PORT is set, so no other port can be used. */
    readonly portNamed: boolean;
    readonly publicUrl: string | undefined;
    /** Whether metrics and reasons need no token on `port`: in development mode, in which only this machine has access. */
    readonly isOpen: boolean;
    /** `undefined` if health and metrics are only on `port`. */
    readonly metricsPort: number | undefined;
  };
  /** An absolute path. */
  readonly dataDir: string;
  /** `undefined` for the embedded Postgres. */
  readonly databaseUrl: string | undefined;
  readonly eventStore: {
    /** `undefined` if the log is in Postgres. */
    readonly url: string | undefined;
    readonly prefix: string;
  };
  /** `undefined` if nothing is published. */
  readonly kafka: KafkaSettings | undefined;
  readonly auth: {
    /** At most one of `secret` and `jwksUrl` is set; neither only in development mode, which generates a secret. */
    readonly secret: string | undefined;
    readonly jwksUrl: string | undefined;
    readonly issuer: string | undefined;
    readonly audience: string | undefined;
    readonly tenantClaim: string;
    readonly applicationsClaim: string;
    readonly rolePermissions: Readonly<Record<string, readonly string[]>>;
    readonly sessionCookie: string;
  };
  /** `undefined` if no provider is configured. */
  readonly oidc: OidcConfig | undefined;
  /** The value of SECRET_KEYS; `undefined` only in development mode, which generates keys. */
  readonly secretKeys: string | undefined;
  readonly audit: {
    /** Base64; `undefined` if nothing is signed, or in development mode, which generates a key. */
    readonly key: string | undefined;
    readonly publicKeys: readonly string[];
  };
  /** Further names of headers and query parameters with secret values. */
  readonly sensitiveNames: readonly string[];
  readonly targets: {
    readonly allowed: readonly string[];
    /** Only `allowed` targets can be called. */
    readonly listedOnly: boolean;
    /** `undefined` if every port can be called. */
    readonly ports: readonly string[] | undefined;
    /** `undefined` if targets are called directly. */
    readonly egressProxy: string | undefined;
    readonly internalHosts: readonly string[];
    readonly maxTimeoutMs: number;
  };
  /** An absolute path. */
  readonly bootstrapDir: string | undefined;
  /** Prefix of environment variables that bootstrap files can read. */
  readonly bootstrapEnvPrefix: string;
  readonly quotas: TenantQuotas;
  /** Number of engines of a process with that role, including its own. */
  readonly engines: number;
  readonly engine: {
    readonly startMode: Settings['ENGINE_START'];
    /** After how much silence of an engine others take over. */
    readonly timeoutMs: number;
    readonly concurrency: number;
    readonly targetConcurrency: number;
    /** Fraction of executions in the service's log, 0 to 1. */
    readonly loggedShare: number;
  };
  readonly alerts: {
    /** `undefined` if no mail is sent. */
    readonly mail: { readonly smtpUrl: string; readonly from: string } | undefined;
    /** In lower case. */
    readonly emailDomains: readonly string[];
  };
  /** How long the audit keeps rejected requests. */
  readonly rejectionRetentionMs: number;
  /** `undefined` for no limit. */
  readonly executionRetentionMs: number | undefined;
  /** `undefined` without an external watch. */
  readonly heartbeatUrl: string | undefined;
  /** `undefined` without tracing. */
  readonly tracing: ReturnType<typeof tracingOf>;
  readonly log: {
    readonly level: Settings['LOG_LEVEL'];
    /** `undefined` for `terminal` if standard output is one, otherwise `json`. */
    readonly format: Settings['LOG_FORMAT'];
  };
};

export type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Reads all settings of a process, once.
 * @throws ConfigError naming each variable that is wrong, missing or misspelled
 */
export const loadConfig = (environment: Environment): Config => {
  const settings = parseSettings(environment);
  const problems = [...missing(settings), ...contradicting(settings), ...problemsOfSignIn(settings)];
  if (problems.length > 0) throw new ConfigError(problems);
  return toConfig(settings);
};

/**
 * Reads the settings of variables for bootstrap files, for the server and the command line.
 * @throws ConfigError if the prefix is wrong
 */
export const loadFileVariables = (environment: Environment) => {
  const prefix = Settings.shape.BOOTSTRAP_ENV_PREFIX.safeParse(environment.BOOTSTRAP_ENV_PREFIX?.trim() || undefined);
  if (!prefix.success) {
    throw new ConfigError(prefix.error.issues.map(({ message }) => ({ variable: 'BOOTSTRAP_ENV_PREFIX', message })));
  }
  const settings: ReadonlySet<string> = new Set(Settings.keyof().options);
  const isSetting = (name: string): boolean => settings.has(name) || name.startsWith('CARILLON_');
  return { environment, prefix: prefix.data, isSetting };
};

const parseSettings = (environment: Environment): Settings => {
  const given = Object.entries(environment).filter(([, value]) => value !== undefined && value.trim() !== '');
  const slips = misspelt(
    Settings.keyof().options,
    given.map(([variable]) => variable),
  );
  const parsed = Settings.safeParse(Object.fromEntries(given));
  if (parsed.success && slips.length === 0) return parsed.data;
  const issues = parsed.error?.issues ?? [];
  throw new ConfigError([
    ...slips,
    ...issues.map(({ path: [variable], message }) => ({ variable: String(variable), message })),
  ]);
};

const isDevelopment = ({ DATABASE_URL, EVENTSTORE_URL }: Settings): boolean => !DATABASE_URL && !EVENTSTORE_URL;

const missing = (settings: Settings): SettingProblem[] => {
  if (isDevelopment(settings)) return [];
  const why = 'is required if DATABASE_URL or EVENTSTORE_URL is set';
  return [
    ...(settings.JWT_SECRET || settings.JWT_JWKS_URL
      ? []
      : [{ variable: 'JWT_SECRET', message: `(or JWT_JWKS_URL) ${why}: openssl rand -base64 48` }]),
    ...(settings.SECRET_KEYS
      ? []
      : [{ variable: 'SECRET_KEYS', message: `${why}: echo "first:$(openssl rand -base64 32)"` }]),
    ...(settings.JWT_ISSUER ? [] : [{ variable: 'JWT_ISSUER', message: `${why}: the iss of the tokens to accept` }]),
    ...(settings.JWT_AUDIENCE
      ? []
      : [{ variable: 'JWT_AUDIENCE', message: `${why}: the aud of tokens that are meant for Carillon` }]),
    ...(settings.PUBLIC_URL
      ? []
      : [{ variable: 'PUBLIC_URL', message: `${why}: the origin under which callers and jobs reach the API` }]),
  ];
};

const contradicting = (settings: Settings): SettingProblem[] => {
  const { JWT_SECRET, JWT_JWKS_URL, KAFKA_SASL_MECHANISM, KAFKA_SASL_USERNAME, KAFKA_SASL_PASSWORD } = settings;
  const sasl = [KAFKA_SASL_MECHANISM, KAFKA_SASL_USERNAME, KAFKA_SASL_PASSWORD].filter((value) => value !== undefined);
  return [
    ...(JWT_SECRET && JWT_JWKS_URL
      ? [{ variable: 'JWT_JWKS_URL', message: "can't be used together with JWT_SECRET: unset one of them" }]
      : []),
    ...(sasl.length % 3 === 0
      ? []
      : [{ variable: 'KAFKA_SASL_MECHANISM', message: 'needs KAFKA_SASL_USERNAME and KAFKA_SASL_PASSWORD: set all' }]),
    ...mailContradictions(settings),
  ];
};

const mailContradictions = ({ SMTP_URL, MAIL_FROM, ALERT_EMAIL_DOMAINS }: Settings): SettingProblem[] => {
  if (!SMTP_URL) return [];
  return [
    ...(MAIL_FROM ? [] : [{ variable: 'MAIL_FROM', message: 'is required with SMTP_URL: the sender of email' }]),
    ...(ALERT_EMAIL_DOMAINS.length > 0
      ? []
      : [
          { variable: 'ALERT_EMAIL_DOMAINS', message: 'is required with SMTP_URL: the domains that can receive email' },
        ]),
  ];
};

const DEFAULT_PORT = 3000;
/** More engines would exceed the capacity of one log. */
const MAX_ENGINES = 4;
/** One core is for the rest of the process, and for Postgres. */
const defaultEngines = (): number => Math.min(Math.max(1, availableParallelism() - 1), MAX_ENGINES);

const toHttp = (settings: Settings): Config['http'] => {
  const host = settings.HOST ?? (isDevelopment(settings) ? '127.0.0.1' : '0.0.0.0');
  return {
    host,
    port: settings.PORT ?? DEFAULT_PORT,
    portNamed: settings.PORT !== undefined,
    publicUrl: settings.PUBLIC_URL,
    isOpen: isDevelopment(settings) && isLoopback(host),
    metricsPort: settings.METRICS_PORT,
  };
};

const toConfig = (settings: Settings): Config => ({
  mode: isDevelopment(settings) ? 'development' : 'production',
  http: toHttp(settings),
  dataDir: path.resolve(settings.CARILLON_DATA),
  databaseUrl: settings.DATABASE_URL,
  eventStore: { url: settings.EVENTSTORE_URL, prefix: settings.EVENTSTORE_PREFIX },
  kafka: toKafka(settings),
  auth: {
    secret: settings.JWT_SECRET,
    jwksUrl: settings.JWT_JWKS_URL,
    issuer: settings.JWT_ISSUER,
    audience: settings.JWT_AUDIENCE,
    tenantClaim: settings.JWT_TENANT_CLAIM,
    applicationsClaim: settings.JWT_APPLICATIONS_CLAIM,
    rolePermissions: settings.ROLE_PERMISSIONS,
    sessionCookie: settings.SESSION_COOKIE,
  },
  oidc: toOidc(settings),
  secretKeys: settings.SECRET_KEYS,
  audit: { key: settings.AUDIT_KEY, publicKeys: settings.AUDIT_PUBLIC_KEYS },
  sensitiveNames: settings.SENSITIVE_NAMES,
  targets: {
    allowed: settings.ALLOWED_TARGETS,
    listedOnly: settings.TARGETS === 'listed',
    ports: settings.TARGET_PORTS,
    egressProxy: settings.EGRESS_PROXY,
    internalHosts: settings.INTERNAL_HOSTS,
    maxTimeoutMs: settings.MAX_TIMEOUT,
  },
  bootstrapDir: settings.BOOTSTRAP_DIR === undefined ? undefined : path.resolve(settings.BOOTSTRAP_DIR),
  bootstrapEnvPrefix: settings.BOOTSTRAP_ENV_PREFIX,
  quotas: {
    callerRequestsPerMinute: settings.CALLER_REQUESTS_PER_MINUTE,
    jobs: settings.TENANT_JOBS,
    triggersPerMinute: settings.TENANT_TRIGGERS_PER_MINUTE,
    bodyBytesPerMinute: settings.TENANT_BODY_BYTES_PER_MINUTE,
  },
  engines: settings.ENGINES ?? defaultEngines(),
  engine: {
    startMode: settings.ENGINE_START,
    timeoutMs: settings.ENGINE_TIMEOUT,
    concurrency: settings.ENGINE_CONCURRENCY,
    targetConcurrency: settings.TARGET_CONCURRENCY,
    loggedShare: settings.LOG_EXECUTIONS,
  },
  alerts: {
    mail:
      settings.SMTP_URL && settings.MAIL_FROM ? { smtpUrl: settings.SMTP_URL, from: settings.MAIL_FROM } : undefined,
    emailDomains: settings.ALERT_EMAIL_DOMAINS.map((domain) => domain.toLowerCase()),
  },
  rejectionRetentionMs: settings.REJECTION_RETENTION,
  executionRetentionMs: settings.EXECUTION_RETENTION,
  heartbeatUrl: settings.HEARTBEAT_URL,
  tracing: tracingOf(settings),
  log: { level: settings.LOG_LEVEL, format: settings.LOG_FORMAT },
});

const toKafka = (settings: Settings): KafkaSettings | undefined => {
  const { KAFKA_BROKERS, KAFKA_SASL_MECHANISM, KAFKA_SASL_USERNAME, KAFKA_SASL_PASSWORD } = settings;
  if (!KAFKA_BROKERS) return undefined;
  return {
    brokers: KAFKA_BROKERS,
    ssl: settings.KAFKA_SSL,
    ...(KAFKA_SASL_MECHANISM && KAFKA_SASL_USERNAME && KAFKA_SASL_PASSWORD
      ? {
          sasl: { mechanism: KAFKA_SASL_MECHANISM, username: KAFKA_SASL_USERNAME, password: KAFKA_SASL_PASSWORD },
        }
      : {}),
    topicPrefix: settings.KAFKA_TOPIC_PREFIX,
    partitions: settings.KAFKA_PARTITIONS,
    replication: settings.KAFKA_REPLICATION,
    start: settings.KAFKA_START,
  };
};
