import { sql } from 'slonik';
import { z } from 'zod';
import type { SlotHistory } from '../../domain/backfill/backfill.ts';
import { EXECUTION_STATUSES } from '../../domain/events/index.ts';
import { toInstant } from '../../domain/values.ts';
import type { QueryContext } from './context.ts';
import { createdFrom } from './filters.ts';
import { isId } from './row.ts';
import { type Scope, visible } from './scope.ts';
import { views } from './views.ts';

/** An execution of a slot, and whether it was or will be called. */
const SlotExecution = z.object({ slotMs: z.number(), status: z.enum(EXECUTION_STATUSES), wasCalled: z.boolean() });
type SlotExecution = z.infer<typeof SlotExecution>;

/**
 * The outcomes of these slots (epoch ms) of a job, considering all executions of each: of the schedule, of backfills, and
 * reruns.
 */
export const slotHistory =
  ({ readerFor }: QueryContext) =>
  async (scope: Scope, jobId: number, slotsMs: readonly number[]): Promise<SlotHistory> => {
    if (!isId(jobId) || slotsMs.length === 0) return new Map();
    const requested = sql.array(slotsMs.map(toInstant), 'timestamptz');
    const earliest = sql.fragment`${toInstant(slotsMs.reduce((least, each) => Math.min(least, each)))}::timestamptz`;
    // An execution cancelled before its call has neither a start nor a snapshot of a request. A call can lack the snapshot, if
    // it was too large, or the start, if only a retry was sent.
    const ofTrigger = (trigger: ReturnType<typeof sql.fragment>) => sql.fragment`
      SELECT scheduled_at AS "slotMs", status,
        (status <> 'cancelled' OR job_snapshot IS NOT NULL OR started_at IS NOT NULL) AS "wasCalled"
      FROM ${views.executions} AS execution JOIN ${visible(scope)} USING (tenant)
      WHERE job_id = ${jobId} AND ${trigger} AND scheduled_at = ANY (${requested})
        AND ${createdFrom(earliest)}`;
    // The conditions are those of two partial indexes.
    const rows = await readerFor(scope).any(sql.type(SlotExecution)`
      ${ofTrigger(sql.fragment`trigger = 'schedule'`)}
      UNION ALL ${ofTrigger(sql.fragment`trigger IN ('backfill', 'rerun')`)}`);
    return historyOf(rows);
  };

type SlotState = 'succeeded' | 'unsuccessful' | 'open';

/** Combines the executions of each slot: a successful one takes precedence over an open one. */
export const historyOf = (executions: readonly SlotExecution[]): SlotHistory => {
  const history = new Map<number, SlotState>();
  for (const execution of executions) {
    const { slotMs } = execution;
    const state = stateOf(execution);
    const before = history.get(slotMs);
    if (state === undefined || before === 'succeeded' || (before === 'open' && state !== 'succeeded')) continue;
    history.set(slotMs, state);
  }
  return history;
};

const stateOf = ({ status, wasCalled }: SlotExecution): SlotState | undefined => {
  switch (status) {
    case 'succeeded':
      return 'succeeded';
    case 'pending':
    case 'running':
      return 'open';
    case 'failed':
    case 'cancelled':
      return wasCalled ? 'unsuccessful' : undefined;
  }
};
