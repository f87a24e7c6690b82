import { cutRefusals, recordRefusals } from '../commands/refusal.ts';
import { toInstant } from '../domain/values.ts';
import { createLanes } from '../event-store/lanes.ts';
import type { EventStore } from '../event-store/port.ts';
import type { Queries } from '../projections/queries/index.ts';
import { awaitWithin } from '../runtime/within.ts';
import type { World } from '../runtime/world.ts';
import type { Metrics } from '../telemetry/metrics.ts';
import type { Notices } from '../telemetry/notices.ts';
import { createRefusalBook } from '../telemetry/refusal-book.ts';
import type { OnStop } from './parts.ts';

type RefusalsDeps = {
  readonly store: EventStore;
  readonly world: World;
  readonly queries: Pick<Queries, 'tenantsWithOldRefusals'>;
  readonly notices: Notices;
  readonly metrics: Metrics;
  readonly retentionMs: number;
  readonly onStop: OnStop;
};

const FIRST_CUT_MS = 60_000;
const CUT_EVERY_MS = 3_600_000;
/** How long the last counts may take to be recorded, when the process stops. */
const LAST_RECORD_MS = 1_000;

/**
 * Starts what records refused requests for the audit, and once an hour cuts those that are kept no longer.
 * @returns notices that are recorded too
 */
export const startRefusals = (deps: RefusalsDeps): Notices => {
  const { store, world, queries, notices, metrics, retentionMs, onStop } = deps;
  const { clock, timers } = world;
  const log = { store, lanes: createLanes(), world };
  const book = createRefusalBook({ record: recordRefusals(log), world, metrics });
  onStop(async () => {
    await awaitWithin(timers, LAST_RECORD_MS, book.stop());
  });
  const stopping = new AbortController();
  onStop(async () => stopping.abort());
  const cut = cutRefusals(log);
  const cutOld = async (): Promise<void> => {
    const before = toInstant(clock.now() - retentionMs);
    for (const tenant of await queries.tenantsWithOldRefusals(before)) await cut(tenant, before);
  };
  const keepCutting = async (): Promise<void> => {
    await timers.sleep(FIRST_CUT_MS, stopping.signal);
    while (!stopping.signal.aborted) {
      await cutOld().catch((error) => world.log.debug({ error }, 'old refusals could not be cut'));
      await timers.sleep(CUT_EVERY_MS, stopping.signal);
    }
  };
  void keepCutting();
  return {
    ...notices,
    refused: (notice) => {
      notices.refused(notice);
      book.refused(notice);
    },
  };
};
