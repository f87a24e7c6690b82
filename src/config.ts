import { availableParallelism } from 'node:os';
import path from 'node:path';
import { distance } from 'fastest-levenshtein';
import { isLoopback } from './config/fields.ts';
import { Settings, tracingOf } from './config/settings.ts';
import type { KafkaSettings } from './publisher/kafka-client.ts';

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

export type Environment = Readonly<Record<string, string | undefined>>;

/** All settings of a process. */
export type Config = Readonly<ReturnType<typeof toConfig>>;

/**
 * Reads all settings of a process, once.
 * @throws ConfigError naming each variable that is wrong, missing or misspelled
 */
export const loadConfig = (environment: Environment): Config => {
  const settings = parseSettings(environment);
  const problems = contradictions(settings);
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

/** Settings that others require, or that contradict them. */
const contradictions = (settings: Settings): SettingProblem[] => {
  const { PUBLIC_URL, JWT_SECRET, JWT_JWKS_URL, JWT_ISSUER, JWT_AUDIENCE, SECRET_KEYS, SMTP_URL } = settings;
  const { OIDC_ISSUER, OIDC_CLIENT_ID, OIDC_CLIENT_SECRET } = settings;
  const { KAFKA_SASL_MECHANISM, KAFKA_SASL_USERNAME, KAFKA_SASL_PASSWORD } = settings;
  const sasl = [KAFKA_SASL_MECHANISM, KAFKA_SASL_USERNAME, KAFKA_SASL_PASSWORD].filter((value) => value !== undefined);
  const isProduction = !isDevelopment(settings);
  const inProduction = 'is required if DATABASE_URL or EVENTSTORE_URL is set';
  const withIssuer = 'is required with OIDC_ISSUER';
  const found = (isWrong: unknown, variable: keyof Settings, message: string): SettingProblem[] =>
    isWrong ? [{ variable, message }] : [];
  return [
    ...found(
      isProduction && !JWT_SECRET && !JWT_JWKS_URL,
      'JWT_SECRET',
      `(or JWT_JWKS_URL) ${inProduction}: openssl rand -base64 48`,
    ),
    ...found(isProduction && !SECRET_KEYS, 'SECRET_KEYS', `${inProduction}: echo "first:$(openssl rand -base64 32)"`),
    ...found(isProduction && !JWT_ISSUER, 'JWT_ISSUER', `${inProduction}: the iss of the tokens to accept`),
    ...found(
      isProduction && !JWT_AUDIENCE,
      'JWT_AUDIENCE',
      `${inProduction}: the aud of tokens that are meant for Carillon`,
    ),
    ...found(
      isProduction && !PUBLIC_URL,
      'PUBLIC_URL',
      `${inProduction}: the origin under which callers and jobs reach the API`,
    ),
    ...found(JWT_SECRET && JWT_JWKS_URL, 'JWT_JWKS_URL', "can't be used together with JWT_SECRET: unset one of them"),
    ...found(sasl.length % 3 > 0, 'KAFKA_SASL_MECHANISM', 'needs KAFKA_SASL_USERNAME and KAFKA_SASL_PASSWORD: set all'),
    ...found(SMTP_URL && !settings.MAIL_FROM, 'MAIL_FROM', 'is required with SMTP_URL: the sender of email'),
    ...found(
      SMTP_URL && settings.ALERT_EMAIL_DOMAINS.length === 0,
      'ALERT_EMAIL_DOMAINS',
      'is required with SMTP_URL: the domains that can receive email',
    ),
    ...found(
      OIDC_ISSUER && !OIDC_CLIENT_ID,
      'OIDC_CLIENT_ID',
      `${withIssuer}: the client id that the provider gave Carillon`,
    ),
    ...found(OIDC_ISSUER && !PUBLIC_URL, 'PUBLIC_URL', `${withIssuer}: the provider redirects browsers back to it`),
    ...found(
      (OIDC_CLIENT_ID ?? OIDC_CLIENT_SECRET) && !OIDC_ISSUER,
      'OIDC_ISSUER',
      "is required with OIDC_CLIENT_ID or OIDC_CLIENT_SECRET: set it to the provider's issuer",
    ),
    ...found(
      /^__(?:Host|Secure)-/.test(settings.SESSION_COOKIE) && !PUBLIC_URL?.startsWith('https:'),
      'SESSION_COOKIE',
      'has a prefix that browsers accept only over TLS: PUBLIC_URL must start with https://',
    ),
  ];
};

const DEFAULT_PORT = 3000;
/** More engines would exceed the capacity of one log. */
const MAX_ENGINES = 4;
/** One core is for the rest of the process, and for Postgres. */
const defaultEngines = (): number => Math.min(Math.max(1, availableParallelism() - 1), MAX_ENGINES);

type HttpConfig = {
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

const toHttp = (settings: Settings): HttpConfig => {
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

const toConfig = (settings: Settings) => ({
  /** Development: neither DATABASE_URL nor EVENTSTORE_URL is set. */
  mode: isDevelopment(settings) ? ('development' as const) : ('production' as const),
  http: toHttp(settings),
  /** An absolute path. */
  dataDir: path.resolve(settings.CARILLON_DATA),
  /** `undefined` for the embedded Postgres. */
  databaseUrl: settings.DATABASE_URL,
  /** Without a URL, the log is in Postgres. */
  eventStore: { url: settings.EVENTSTORE_URL, prefix: settings.EVENTSTORE_PREFIX },
  /** `undefined` if nothing is published. */
  kafka: toKafka(settings),
  auth: {
    /** At most one of `secret` and `jwksUrl` is set; neither only in development mode, which generates a secret. */
    secret: settings.JWT_SECRET,
    jwksUrl: settings.JWT_JWKS_URL,
    issuer: settings.JWT_ISSUER,
    audience: settings.JWT_AUDIENCE,
    tenantClaim: settings.JWT_TENANT_CLAIM,
    applicationsClaim: settings.JWT_APPLICATIONS_CLAIM,
    rolePermissions: settings.ROLE_PERMISSIONS,
    sessionCookie: settings.SESSION_COOKIE,
  },
  /** `undefined` if no provider is configured. */
  oidc: toOidc(settings),
  /** `undefined` only in development mode, which generates keys. */
  secretKeys: settings.SECRET_KEYS,
  /** Without a key, nothing is signed, except in development mode, which generates one. */
  audit: { key: settings.AUDIT_KEY, publicKeys: settings.AUDIT_PUBLIC_KEYS },
  sensitiveNames: settings.SENSITIVE_NAMES,
  targets: {
    allowed: settings.ALLOWED_TARGETS,
    /** Only `allowed` targets can be called. */
    listedOnly: settings.TARGETS === 'listed',
    /** `undefined` if every port can be called. */
    ports: settings.TARGET_PORTS,
    /** `undefined` if targets are called directly. */
    egressProxy: settings.EGRESS_PROXY,
    internalHosts: settings.INTERNAL_HOSTS,
    maxTimeoutMs: settings.MAX_TIMEOUT,
  },
  /** An absolute path. */
  bootstrapDir: settings.BOOTSTRAP_DIR === undefined ? undefined : path.resolve(settings.BOOTSTRAP_DIR),
  bootstrapEnvPrefix: settings.BOOTSTRAP_ENV_PREFIX,
  quotas: {
    callerRequestsPerMinute: settings.CALLER_REQUESTS_PER_MINUTE,
    jobs: settings.TENANT_JOBS,
    triggersPerMinute: settings.TENANT_TRIGGERS_PER_MINUTE,
    bodyBytesPerMinute: settings.TENANT_BODY_BYTES_PER_MINUTE,
  },
  /** Number of engines of a process with that role, including its own. */
  engines: settings.ENGINES ?? defaultEngines(),
  engine: {
    startMode: settings.ENGINE_START,
    timeoutMs: settings.ENGINE_TIMEOUT,
    concurrency: settings.ENGINE_CONCURRENCY,
    targetConcurrency: settings.TARGET_CONCURRENCY,
    /** Fraction of executions in the service's log, 0 to 1. */
    loggedShare: settings.LOG_EXECUTIONS,
  },
  alerts: {
    /** `undefined` if no mail is sent. */
    mail:
      settings.SMTP_URL && settings.MAIL_FROM ? { smtpUrl: settings.SMTP_URL, from: settings.MAIL_FROM } : undefined,
    emailDomains: settings.ALERT_EMAIL_DOMAINS.map((domain) => domain.toLowerCase()),
  },
  rejectionRetentionMs: settings.REJECTION_RETENTION,
  /** `undefined` for no limit. */
  executionRetentionMs: settings.EXECUTION_RETENTION,
  heartbeatUrl: settings.HEARTBEAT_URL,
  /** `undefined` without tracing. */
  tracing: tracingOf(settings),
  /** Without a format, `terminal` if standard output is one, otherwise `json`. */
  log: { level: settings.LOG_LEVEL, format: settings.LOG_FORMAT },
});

const toOidc = (settings: Settings) => {
  const { OIDC_ISSUER: issuer, OIDC_CLIENT_ID: clientId, PUBLIC_URL: publicUrl } = settings;
  if (!issuer || !clientId || !publicUrl) return undefined;
  return {
    issuer,
    clientId,
    /** `undefined` for a public client. */
    clientSecret: settings.OIDC_CLIENT_SECRET,
    scopes: settings.OIDC_SCOPES,
    sessionMs: settings.OIDC_SESSION,
    publicUrl,
  };
};

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
