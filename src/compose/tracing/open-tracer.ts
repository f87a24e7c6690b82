import type { Config } from '../../config.ts';
import type { RunTask } from '../../engine/run/execute.ts';
import type { EventStore } from '../../event-store/port.ts';
import type { Metrics } from '../../telemetry/metrics.ts';
import { NO_TRACES, type Tracer } from '../../telemetry/tracer.ts';
import type { World } from '../../world.ts';
import type { OnStop } from '../parts.ts';
import { traceAppends } from './trace-appends.ts';
import { traceCalls } from './trace-calls.ts';

/** What traces the parts of a service. */
export type Tracing = {
  readonly tracer: Tracer;
  /** Returns the log whose appends are traced. */
  traceLog(store: EventStore): EventStore;
  /** Makes spans of the calls. */
  readonly traceCalls: (runTask: RunTask) => RunTask;
};

/** Without a collector nothing is wrapped, and nothing of OpenTelemetry is loaded. */
const OFF: Tracing = { tracer: NO_TRACES, traceLog: (store) => store, traceCalls: (runTask) => runTask };

/** A stop waits so long for spans to be sent. */
const FLUSH_MS = 2_000;

type OpenTracerDeps = {
  readonly config: Pick<Config, 'tracing' | 'eventStore'>;
  readonly version: string;
  readonly world: World;
  readonly metrics: Metrics;
  readonly onStop: OnStop;
};

/** Begins to trace where a collector is set. The spans of the last requests are sent when all else has stopped. */
export const openTracer = async ({ config, onStop, ...deps }: OpenTracerDeps): Promise<Tracing> => {
  if (config.tracing === undefined) return OFF;
  const { createOtelTracer } = await import('../../telemetry/otel-tracer.ts');
  const { tracer, stop } = createOtelTracer({ config: config.tracing, ...deps });
  onStop(() => stop(FLUSH_MS));
  const system = config.eventStore.url === undefined ? 'postgresql' : 'eventstoredb';
  return {
    tracer,
    traceLog: (store) => traceAppends(store, { tracer, system }),
    traceCalls: traceCalls(tracer),
  };
};
