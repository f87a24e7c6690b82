import type { ReadModels } from '../../src/commands/read-models.ts';
import { toMs } from '../../src/domain/values.ts';
import type { EventStore } from '../../src/event-store/port.ts';
import { historyOf } from '../../src/projections/queries/slot-history.ts';
import { awaitReadModels } from './await-read-models.ts';
import type { Machine } from './machine.ts';
import type { SimulatedPostgres } from './postgres.ts';

/** What the read models say of slots, once they show what the log has. */
export const slotHistoriesOf =
  (machine: Machine, store: EventStore, postgres: SimulatedPostgres): ReadModels['slotHistory'] =>
  async ({ jobId }, slotsMs) => {
    await awaitReadModels(machine, store, postgres);
    const requested = new Set(slotsMs);
    return historyOf(
      postgres
        .readModels()
        .executionsOf(jobId)
        .map(({ scheduledAt, status, trigger, jobSnapshot, startedAt }) => {
          const wasCalled = status !== 'cancelled' || (jobSnapshot ?? startedAt ?? undefined) !== undefined;
          return { slotMs: toMs(scheduledAt), status, wasCalled, trigger };
        })
        .filter(({ slotMs, trigger }) => trigger !== 'manual' && requested.has(slotMs)),
    );
  };
