import type { SlotHistory } from '../domain/backfill/request-backfill.ts';
import { DomainError } from '../domain/domain-error.ts';
import type { Tenant } from '../domain/values.ts';
import { type AwaitReadModelsDeps, awaitReadModels } from './await-read-models.ts';

/**
 * What became of slots of a job, epoch ms, as the read models know it once they show what the log has now.
 * @throws DomainError READ_MODELS_BEHIND if they do not catch up in time
 */
export type SlotHistories = (job: SlotOwner, slotsMs: readonly number[]) => Promise<SlotHistory>;

type SlotOwner = { readonly tenant: Tenant; readonly jobId: number };

type SlotHistoriesDeps = AwaitReadModelsDeps & {
  readonly queries: {
    slotHistory(scope: { readonly tenant: Tenant }, jobId: number, slotsMs: readonly number[]): Promise<SlotHistory>;
  };
};

export const slotHistoriesOf =
  ({ store, queries }: SlotHistoriesDeps): SlotHistories =>
  async ({ tenant, jobId }, slotsMs) => {
    if (await awaitReadModels({ store, queries })) return queries.slotHistory({ tenant }, jobId, slotsMs);
    throw new DomainError(
      'READ_MODELS_BEHIND',
      'the read models have not caught up, so the called slots are not known yet: retry',
    );
  };
