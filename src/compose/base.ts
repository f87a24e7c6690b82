import type { Config } from '../config.ts';
import type { LogAdapter, LogKind } from '../event-store/log-kind.ts';
import { selectedLogKind } from '../event-store/log-kinds.ts';
import { createRequestQuotas, type RequestQuotas } from '../http/callers/quotas.ts';
import type { Runtime } from '../runtime/runtime.ts';
import { createKeyRing, type KeyRing } from '../secrets/key-ring.ts';
import type { Metrics } from '../telemetry/metrics.ts';
import { createNotices, type Notices } from '../telemetry/notices.ts';
import { type CommonRuntime, withCommonTime } from './core.ts';
import type { OtherEngines } from './engine-processes.ts';
import { createServiceMetrics, type ServiceMetrics } from './metrics/service-metrics.ts';
import { type DevelopmentSecrets, developmentSecrets } from './own-files.ts';
import type { OnStop } from './parts.ts';
import type { Role } from './roles.ts';
import { createStartWait, type StartWait } from './start-wait.ts';
import { openTracer, type TraceParts } from './tracing.ts';

/** What a process is started with. */
export type ServiceOptions = {
  readonly config: Config;
  readonly world: Runtime;
  readonly metrics: Metrics;
  readonly version: string;
  readonly roles: readonly Role[];
  /** Undefined: this process runs no engine but its own. */
  readonly otherEngines?: OtherEngines | undefined;
  /** The kinds of logs that EVENTSTORE_URL can select; by default `LOG_KINDS`. */
  readonly logKinds?: readonly LogKind[];
  /** Aborted when the service is to stop before it has started. */
  readonly signal: AbortSignal;
};

/** What all parts of a process are built from, before it has reached Postgres and the log. */
export type Base = Omit<ServiceOptions, 'signal'> & {
  /** The world of this machine. */
  readonly local: Runtime;
  /** With the time that all processes share. */
  readonly world: CommonRuntime;
  readonly onStop: OnStop;
  /** The kind of the log. */
  readonly logKind: LogKind;
  readonly logAdapter: LogAdapter;
  /** Secrets that development mode makes up; undefined in production. */
  readonly madeUp: DevelopmentSecrets | undefined;
  readonly ring: KeyRing;
  readonly quotas: RequestQuotas;
  readonly notices: Notices;
  readonly measures: ServiceMetrics;
  readonly tracing: TraceParts;
  readonly startWait: StartWait;
};

export const openBase = async (options: Omit<ServiceOptions, 'signal'>, onStop: OnStop): Promise<Base> => {
  const { config, version, roles, metrics, world: local } = options;
  const world = withCommonTime(local);
  const logKind = selectedLogKind(config.eventStore.url, options.logKinds);
  const logAdapter = await logKind.load();
  if (config.eventStore.url !== undefined) logAdapter.checkUrl(config.eventStore.url);
  const madeUp = config.mode === 'development' ? await developmentSecrets(config.dataDir, world.random) : undefined;
  return {
    ...options,
    local,
    world,
    onStop,
    madeUp,
    logKind,
    logAdapter,
    ring: createKeyRing(config.secretKeys ?? madeUp?.secretKeys ?? ''),
    quotas: createRequestQuotas({ quotas: config.quotas, clock: world.clock }),
    notices: createNotices(local, metrics),
    measures: createServiceMetrics({ config, logKind, roles, metrics, world }),
    tracing: await openTracer({ config, logKind, version, world, metrics, onStop }),
    startWait: createStartWait(local),
  };
};
