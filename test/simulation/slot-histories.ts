import type { SlotHistories } from '../../src/commands/backfills/slot-histories.ts';
import { Refusal } from '../../src/domain/refusal.ts';
import { toMs } from '../../src/domain/values.ts';
import { comparePositions, type EventStore, LOG_START } from '../../src/event-store/port.ts';
import { historyOf } from '../../src/projections/queries/slot-history.ts';
import type { Machine } from './machine.ts';
import type { SimulatedPostgres } from './postgres.ts';

const CATCH_UP_MS = 2_000;
const LOOK_EVERY_MS = 50;

/** What the read models say of slots, once they show what the log has. */
export const slotHistoriesOf =
  ({ world }: Machine, store: EventStore, postgres: SimulatedPostgres): SlotHistories =>
  async ({ jobId }, slotsMs) => {
    const end = (await store.end()) ?? LOG_START;
    for (let waitedMs = 0; comparePositions(postgres.checkpoint() ?? LOG_START, end) < 0; waitedMs += LOOK_EVERY_MS) {
      if (waitedMs >= CATCH_UP_MS) throw new Refusal('READ_MODELS_BEHIND', 'the projector has not come so far');
      await world.timers.sleep(LOOK_EVERY_MS);
    }
    const asked = new Set(slotsMs);
    return historyOf(
      postgres
        .readModels()
        .executionsOf(jobId)
        .map(({ scheduledAt, status, trigger, jobSnapshot }) => {
          const wasCalled = status !== 'cancelled' || jobSnapshot !== undefined;
          return { slotMs: toMs(scheduledAt), status, wasCalled, trigger };
        })
        .filter(({ slotMs, trigger }) => trigger !== 'manual' && asked.has(slotMs)),
    );
  };
