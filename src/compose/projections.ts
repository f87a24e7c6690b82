import type { EventStore } from '../event-store/port.ts';
import { allProjections, verbatimProjections } from '../projections/all.ts';
import { type ProjectionRunner, type RunnerOptions, startProjections } from '../projections/runner.ts';

/** All that a process with the role `projections` runs. */
export const everyProjection = [...allProjections, ...verbatimProjections];

type ProjectionsOptions = Pick<RunnerOptions, 'store' | 'logId' | 'databaseUrl' | 'world'> & {
  /** The same log, read verbatim. */
  readonly verbatim: EventStore;
  readonly onStatus: NonNullable<RunnerOptions['onStatus']>;
};

/** Runs the read models of events, and those of their texts, which subscribe to the log of their own. */
export const startEveryProjection = ({ verbatim, ...options }: ProjectionsOptions): ProjectionRunner => {
  const runners = [
    startProjections({ ...options, projections: allProjections }),
    startProjections({ ...options, store: verbatim, projections: verbatimProjections }),
  ];
  return {
    status: () => runners.flatMap((runner) => runner.status()),
    stop: async () => {
      await Promise.all(runners.map((runner) => runner.stop()));
    },
  };
};
