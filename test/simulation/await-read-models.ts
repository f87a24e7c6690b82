import { DomainError } from '../../src/domain/domain-error.ts';
import { comparePositions, type EventStore, LOG_START } from '../../src/event-store/port.ts';
import type { Machine } from './machine.ts';
import type { SimulatedPostgres } from './postgres.ts';

const CATCH_UP_MS = 2_000;
const POLL_INTERVAL_MS = 50;

/** Waits until the read models show what the log has now. @throws Rejection READ_MODELS_BEHIND */
export const awaitReadModels = async (
  { world }: Machine,
  store: EventStore,
  postgres: SimulatedPostgres,
): Promise<void> => {
  const end = (await store.end()) ?? LOG_START;
  for (let waitedMs = 0; comparePositions(postgres.checkpoint() ?? LOG_START, end) < 0; waitedMs += POLL_INTERVAL_MS) {
    if (waitedMs >= CATCH_UP_MS) throw new DomainError('READ_MODELS_BEHIND', 'the projector has not come so far');
    await world.timers.sleep(POLL_INTERVAL_MS);
  }
};
