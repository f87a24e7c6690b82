import { LATE_REASONS } from '../../domain/events/index.ts';
import type { SlotCounts } from '../../domain/ledger/slot-counts.ts';
import { UNCALLED_REASONS } from '../../domain/ledger/uncalled.ts';
import { EVERY_TENANT } from '../../domain/values.ts';
import type { Queries } from '../../projections/queries/index.ts';
import type { Metrics } from '../../telemetry/metrics.ts';
import type { World } from '../../world.ts';

type SlotMetricsDeps = {
  readonly queries: Pick<Queries, 'slotCounts'>;
  readonly metrics: Pick<Metrics, 'counted'>;
  readonly world: Pick<World, 'timers'>;
};

/** A scrape waits for Postgres no longer than this; it then gets the counts of the last one. */
const PATIENCE_MS = 3_000;

/** Registers how many slots were settled, as the read models have counted them: the same from every process. */
export const countSlots = ({ queries, metrics, world }: SlotMetricsDeps): void => {
  metrics.counted(
    {
      name: 'carillon_slots_total',
      help: 'Slots that were settled, by what became of them and why; the same from every process.',
      labels: ['outcome', 'reason'],
    },
    async () => {
      const giveUp = new AbortController();
      const stopClock = world.timers.after(PATIENCE_MS, () => giveUp.abort());
      try {
        const counts = await queries.slotCounts({ tenant: EVERY_TENANT, signal: giveUp.signal });
        // Reasons that were not met yet are told too: an alarm on an increase needs the value before it.
        const late = LATE_REASONS.map((reason) => counted('late', reason, counts.late[reason]));
        const uncalled = UNCALLED_REASONS.flatMap((reason) => [
          counted('skipped', reason, counts.skipped[reason]),
          counted('missed', reason, counts.missed[reason]),
        ]);
        return [counted('fired', '', counts.fired), ...late, ...uncalled];
      } finally {
        stopClock();
      }
    },
  );
};

const counted = (outcome: keyof SlotCounts, reason: string, value = 0) => ({
  labels: { outcome, reason },
  value,
});
