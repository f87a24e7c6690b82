import type { SlotHistory } from '../../domain/backfills/request-backfill.ts';
import type { Tenant } from '../../domain/values.ts';

/**
 * What became of slots of a job, epoch ms, as the read models know it once they show what the log has now.
 * @throws Refusal READ_MODELS_BEHIND if they do not catch up in time
 */
export type SlotHistories = (job: SlotOwner, slotsMs: readonly number[]) => Promise<SlotHistory>;

type SlotOwner = { readonly tenant: Tenant; readonly jobId: number };
