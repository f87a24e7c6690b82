import type { RequestHandler } from 'express';
import type { Engine } from '../../engine/engine.ts';
import type { RunTask } from '../../engine/run/begin-call.ts';
import type { EventStore } from '../../event-store/port.ts';
import { measureRequests } from '../../http/watch-requests.ts';
import { everyProjection } from '../../projections/all.ts';
import type { ProjectionRunner } from '../../projections/runner.ts';
import type { ProcessStart } from '../start.ts';
import { measureCalls, showEngine } from './engine-metrics.ts';
import { countExecutions, createTenantLabels, measureAppends } from './log-metrics.ts';
import { type ShowPool, showPools } from './pool-metrics.ts';
import { countRestarts, createLogEnd, type LogEnd, showProjections } from './reader-metrics.ts';

/** Measures the parts of a service. Each part registers its metrics where it is built, so a role has only its own. */
export type ServiceMetrics = {
  readonly showPool: ShowPool;
  readonly measureRequest: RequestHandler;
  /** Returns the log that measures its appends, and counts how executions end where this process may end some. */
  measureLog(store: EventStore): EventStore;
  /** Returns what measures the calls of this process's engine. */
  measureCalls(): (runTask: RunTask) => RunTask;
  showEngine(engine: Engine): void;
  /** What readers of this log are measured with. */
  readersOf(store: EventStore): ReaderMetrics;
};

export type ReaderMetrics = {
  readonly logEnd: LogEnd;
  /** Positions of this log count its events. */
  readonly countsEvents: boolean;
  /** Notes that a reader changed its state. */
  readonly changed: (reader: { readonly name: string; readonly state: string }) => void;
  showProjections(projections: ProjectionRunner): void;
};

export const createServiceMetrics = ({ config, logKind, roles, metrics, world }: ProcessStart): ServiceMetrics => {
  const { clock } = world;
  const tenants = createTenantLabels();
  return {
    showPool: showPools(metrics),
    measureRequest: measureRequests({ metrics, clock }),
    measureLog: (store) => {
      const measured = measureAppends(store, { metrics, clock });
      const endsSome = roles.includes('api') || roles.includes('engine');
      return endsSome ? countExecutions(measured, { metrics, tenants }) : measured;
    },
    measureCalls: () => measureCalls(metrics),
    showEngine: (engine) => showEngine({ engine, metrics, places: config.engine.concurrency, tenants }),
    readersOf: (store) => {
      const logEnd = createLogEnd({ store, world });
      const { countsEvents } = logKind;
      const readers = [
        ...(roles.includes('projections') ? everyProjection.map(({ name }) => name) : []),
        ...(roles.includes('publisher') ? ['publisher'] : []),
      ];
      const restarted = readers.length > 0 ? countRestarts(metrics, readers) : () => {};
      return {
        logEnd,
        countsEvents,
        changed: ({ name, state }) => {
          if (state === 'retrying') restarted(name);
        },
        showProjections: (projections) => showProjections({ projections, logEnd, countsEvents, metrics, clock }),
      };
    },
  };
};
