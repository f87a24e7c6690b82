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
import { NO_STREAM, type RecordedEvent } from '../../event-store/port.ts';
import type { EngineContext, EngineSetup } from '../context.ts';
import type { LoadedApplication } from '../ports.ts';
import { readWithRetry } from '../read-with-retry.ts';

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

/** What the calls of an application's jobs go by. */
export type KnownApplication = {
  readonly revision: number;
  readonly values: ApplicationValues;
  /** The secrets that sign the application's calls. */
  readonly signingKeys: readonly Secret[];
  /** How calls of the application are made to some origins. */
  readonly tls: readonly TlsSettings[];
  readonly limits: ReadonlyMap<string, CallLimit>;
  readonly hooks: Hooks;
  readonly deleted: boolean;
};

/** All applications in memory, so that a call needs no database. Only events change them. */
export type ValueTable = {
  load(application: LoadedApplication): void;
  apply(event: RecordedEvent<ApplicationEvent>): void;
  of(applicationId: number): KnownApplication;
  /** How many certificates of all applications have expired, or do within 30 days. */
  expiringCertificates(nowMs: number): number;
};

export const NO_VALUES: ApplicationValues = { variables: new Map(), secrets: new Map() };

const NOTHING_KNOWN: KnownApplication = {
  revision: NO_STREAM,
  values: NO_VALUES,
  signingKeys: [],
  tls: [],
  limits: new Map(),
  hooks: {},
  deleted: false,
};

export const createValueTable = (): ValueTable => {
  const known = new Map<number, KnownApplication>();
  const of = (applicationId: number): KnownApplication => known.get(applicationId) ?? NOTHING_KNOWN;

  const load = (application: LoadedApplication): void => {
    // A subscription that was resumed may bring older events again.
    const { applicationId, revision } = application;
    if (revision > of(applicationId).revision) known.set(applicationId, toKnown(application));
  };

  return {
    load,
    apply: ({ revision, ...event }) => load({ ...loadedApplication(applicationAfter(event)), revision }),
    of,
    expiringCertificates: (nowMs) => {
      let count = 0;
      for (const { tls } of known.values()) if (tls.length > 0) count += expiringIn(tls, nowMs);
      return count;
    },
  };
};

const toKnown = (loaded: LoadedApplication): KnownApplication => ({
  revision: loaded.revision,
  values: toValues(loaded),
  signingKeys: loaded.secrets?.filter(({ signing }) => signing) ?? NOTHING_KNOWN.signingKeys,
  tls: loaded.tls ?? NOTHING_KNOWN.tls,
  limits: toLimits(loaded),
  hooks: loaded.hooks ?? NOTHING_KNOWN.hooks,
  deleted: loaded.deleted === true,
});

/** What a call of an application's job takes of the application, as it was read from the log. */
export const callPartsOf = (application: Application) => {
  const { values, signingKeys, tls } = toKnown({ ...application, revision: 0 });
  return { values: async () => values, signingKeys, tls };
};

/** What the table takes of an application that was read from the log. */
export const loadedApplication = ({ status, application }: FoundApplication): Omit<LoadedApplication, 'revision'> => ({
  ...application,
  hooks: Hooks.parse(application),
  deleted: status === 'deleted',
});

const expiringIn = (tls: readonly TlsSettings[], nowMs: number): number =>
  tls
    .flatMap(({ ca, certificate }) => [ca, certificate])
    .flatMap((pem) => (pem === undefined ? [] : (readCertificates(pem) ?? [])))
    .filter((certificate) => expiryState([expiryMs(certificate)], nowMs) !== 'valid').length;

const toValues = ({ variables = [], secrets = [] }: LoadedApplication): ApplicationValues =>
  variables.length + secrets.length === 0
    ? NO_VALUES
    : {
        variables: new Map(variables.map(({ name, value }) => [name, value])),
        secrets: new Map(secrets.flatMap((secret) => (secret.signing ? [] : [[secret.name, secret]]))),
      };

const toLimits = ({ limits = [] }: LoadedApplication): ReadonlyMap<string, CallLimit> => {
  const perMs = (rate: Limit['rate']) => rate && { count: rate.count, perMs: durationMs(rate.per) };
  if (limits.length === 0) return NOTHING_KNOWN.limits;
  return new Map(limits.map(({ name, parallel, rate }) => [name, { parallel, rate: perMs(rate) }]));
};

/**
 * Creates the function that reads an application's values from the log. The subscription may lag behind changes that
 * were already acknowledged, so the table is not enough. Requests during a read share the next read.
 */
export const createNewestValues = (
  { store, world }: EngineSetup,
  { values, calls: { signal } }: Pick<EngineContext, 'values' | 'calls'>,
) => {
  const reads = new Map<number, { readonly now: Promise<ApplicationValues>; next?: Promise<ApplicationValues> }>();

  const read = async (applicationId: number): Promise<ApplicationValues> => {
    const load = () => loadApplicationState(store, applicationId);
    const { state, revision } = await readWithRetry(world, load, { signal });
    if (state.status !== 'absent') values.load({ ...loadedApplication(state), revision });
    return values.of(applicationId).values;
  };

  const begin = (applicationId: number): Promise<ApplicationValues> => {
    const now = read(applicationId);
    reads.set(applicationId, { now });
    const over = (): void => {
      if (reads.get(applicationId)?.next === undefined) reads.delete(applicationId);
    };
    now.then(over, over);
    return now;
  };

  return (applicationId: number): Promise<ApplicationValues> => {
    const current = reads.get(applicationId);
    if (current === undefined) return begin(applicationId);
    const again = () => begin(applicationId);
    current.next ??= current.now.then(again, again);
    return current.next;
  };
};
