import { loadApplicationState } from '../../commands/loop/load.ts';
import { applicationAfter, type FoundApplication } from '../../domain/application.ts';
import { durationMs } from '../../domain/duration.ts';
import {
  type Application,
  type ApplicationEvent,
  Hooks,
  type Limit,
  type Secret,
  type TlsSettings,
} from '../../domain/events/index.ts';
import { expiryMs, expiryState, readCertificates } from '../../domain/named-values/keys.ts';
import type { RecordedEvent } from '../../event-store/port.ts';
import type { EngineSetup } from '../context.ts';
import type { LoadedApplication } from '../ports.ts';
import { readWithRetry } from '../read-with-retry.ts';
import type { OpenCalls } from '../run/open-calls.ts';

/**
 * An application's variables and secrets, for the parameters of its jobs. Secrets stay sealed until a call needs them.
 */
export type ApplicationValues = {
  readonly variables: ReadonlyMap<string, string>;
  /** Without those that sign calls: no job may name these. */
  readonly secrets: ReadonlyMap<string, Secret>;
};

/** What calls of jobs that name a limit are held to: how many at once, and how many begun within a span. */
export type CallLimit = {
  readonly parallel: number | undefined;
  readonly rate: { readonly count: number; readonly perMs: number } | undefined;
};

/** The values and limits of all applications in memory, so that a call needs no database. Only events change them. */
export type ValueTable = {
  load(application: LoadedApplication): void;
  apply(event: RecordedEvent<ApplicationEvent>): void;
  valuesOf(applicationId: number): ApplicationValues;
  /** The secrets that sign the application's calls. */
  signingKeysOf(applicationId: number): readonly Secret[];
  /** How calls of the application are made to some origins. */
  tlsOf(applicationId: number): readonly TlsSettings[];
  hooksOf(applicationId: number): Hooks;
  /** How many certificates of all applications have expired, or do within 30 days. */
  expiringCertificates(nowMs: number): number;
  /** Whether the application was deleted. */
  isDeleted(applicationId: number): boolean;
  /** Undefined if the application has no limit of this name. */
  limitOf(applicationId: number, name: string): CallLimit | undefined;
};

export const NO_VALUES: ApplicationValues = { variables: new Map(), secrets: new Map() };

type KnownApplication = {
  readonly revision: number;
  readonly values: ApplicationValues;
  readonly signingKeys: readonly Secret[];
  readonly limits: ReadonlyMap<string, CallLimit>;
  readonly tls: readonly TlsSettings[];
  readonly hooks: Hooks;
  readonly deleted: boolean;
};

export const createValueTable = (): ValueTable => {
  const known = new Map<number, KnownApplication>();

  const put = ({ applicationId, revision, ...application }: LoadedApplication): void => {
    // A subscription that was resumed may bring older events again.
    if (revision <= (known.get(applicationId)?.revision ?? -1)) return;
    known.set(applicationId, {
      revision,
      values: toValues(application),
      signingKeys: application.secrets?.filter(({ signing }) => signing) ?? NO_KEYS,
      limits: toLimits(application),
      tls: application.tls ?? NO_TLS,
      hooks: application.hooks ?? NO_HOOKS,
      deleted: application.deleted === true,
    });
  };

  return {
    load: put,
    apply: ({ revision, ...event }) => put({ ...loadedApplication(applicationAfter(event)), revision }),
    valuesOf: (applicationId) => known.get(applicationId)?.values ?? NO_VALUES,
    signingKeysOf: (applicationId) => known.get(applicationId)?.signingKeys ?? NO_KEYS,
    tlsOf: (applicationId) => known.get(applicationId)?.tls ?? NO_TLS,
    hooksOf: (applicationId) => known.get(applicationId)?.hooks ?? NO_HOOKS,
    expiringCertificates: (nowMs) => {
      let count = 0;
      for (const { tls } of known.values()) if (tls.length > 0) count += expiringIn(tls, nowMs);
      return count;
    },
    isDeleted: (applicationId) => known.get(applicationId)?.deleted === true,
    limitOf: (applicationId, name) => known.get(applicationId)?.limits.get(name),
  };
};

/** What a call of an application's job takes of the application, as it was read from the log. */
export const callPartsOf = (application: Application) => {
  const table = createValueTable();
  table.load({ ...application, revision: 0 });
  const { applicationId } = application;
  return {
    values: async () => table.valuesOf(applicationId),
    signingKeys: table.signingKeysOf(applicationId),
    tls: table.tlsOf(applicationId),
  };
};

/** What the table takes of an application that was read from the log. */
export const loadedApplication = ({ status, application }: FoundApplication): Omit<LoadedApplication, 'revision'> => ({
  ...application,
  hooks: Hooks.parse(application),
  deleted: status === 'deleted',
});

const NO_TLS: readonly TlsSettings[] = [];
const NO_HOOKS: Hooks = {};

const expiringIn = (tls: readonly TlsSettings[], nowMs: number): number =>
  tls
    .flatMap(({ ca, certificate }) => [ca, certificate])
    .flatMap((pem) => (pem === undefined ? [] : (readCertificates(pem) ?? [])))
    .filter((certificate) => expiryState([expiryMs(certificate)], nowMs) !== 'valid').length;

const NO_KEYS: readonly Secret[] = [];

const toValues = ({ variables = [], secrets = [] }: Pick<Application, 'variables' | 'secrets'>): ApplicationValues =>
  variables.length + secrets.length === 0
    ? NO_VALUES
    : {
        variables: new Map(variables.map(({ name, value }) => [name, value])),
        secrets: new Map(secrets.flatMap((secret) => (secret.signing ? [] : [[secret.name, secret]]))),
      };

const NO_LIMITS: ReadonlyMap<string, CallLimit> = new Map();

const toLimits = ({ limits = [] }: Pick<Application, 'limits'>): ReadonlyMap<string, CallLimit> =>
  limits.length === 0 ? NO_LIMITS : new Map(limits.map((limit) => [limit.name, toCallLimit(limit)]));

const toCallLimit = ({ parallel, rate }: Limit): CallLimit => ({
  parallel,
  rate: rate && { count: rate.count, perMs: durationMs(rate.per) },
});

type ValueRead = {
  readonly requestInProgress: Promise<ApplicationValues>;
  next: Promise<ApplicationValues> | undefined;
};

/**
 * Creates the function that reads an application's values from the log. The subscription may lag behind changes that
 * were already acknowledged, so the table is not enough. Requests during a read share the next read.
 */
export const createNewestValues = (
  { store, world }: EngineSetup,
  { values, calls: { signal } }: { readonly values: ValueTable; readonly calls: OpenCalls },
) => {
  const reads = new Map<number, ValueRead>();

  const read = async (applicationId: number): Promise<ApplicationValues> => {
    const { state, revision } = await readWithRetry(world, () => loadApplicationState(store, applicationId), {
      signal,
    });
    if (state.status !== 'absent') values.load({ ...loadedApplication(state), revision });
    return values.valuesOf(applicationId);
  };

  const begin = (applicationId: number): Promise<ApplicationValues> => {
    const current: ValueRead = { requestInProgress: read(applicationId), next: undefined };
    reads.set(applicationId, current);
    const over = (): void => {
      if (current.next === undefined) reads.delete(applicationId);
    };
    current.requestInProgress.then(over, over);
    return current.requestInProgress;
  };

  return (applicationId: number): Promise<ApplicationValues> => {
    const current = reads.get(applicationId);
    if (current === undefined) return begin(applicationId);
    const again = () => begin(applicationId);
    current.next ??= current.requestInProgress.then(again, again);
    return current.next;
  };
};
