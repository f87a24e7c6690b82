import type { ReadModels } from '../../src/commands/read-models.ts';
import type { EventStore } from '../../src/event-store/port.ts';
import { awaitReadModels } from './await-read-models.ts';
import type { Machine } from './machine.ts';
import type { SimulatedPostgres } from './postgres.ts';

/** What the read models say that an application has, once they show what the log has. */
export const applicationUsesOf = (
  machine: Machine,
  store: EventStore,
  postgres: SimulatedPostgres,
): Partial<ReadModels> => ({
  usesOfApplication: async ({ applicationId }) => {
    await awaitReadModels(machine, store, postgres);
    const models = postgres.readModels();
    const jobs = models.livingJobsOf(applicationId);
    const open = models.openExecutionsOf(applicationId);
    return { jobs: { first: jobs, total: jobs.length }, executions: { first: open, total: open.length } };
  },
  /** Plans pause the one application that stays. */
  pausesOfApplication: async () => [],
});
