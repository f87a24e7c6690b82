import { LATE_REASONS, NOT_CALLED_REASONS } from '../../domain/events/index.ts';
import type { SlotCounts } from '../../domain/ledger/not-called.ts';
import { EVERY_TENANT, toMs } from '../../domain/values.ts';
import type { Clock } from '../../runtime/runtime.ts';
import { abortOnSignal } from '../../runtime/timeout.ts';
import type { Shared } from '../shared.ts';

/** How long a scrape waits for Postgres; afterwards it gets the previous counts. */
const TIMEOUT_MS = 3_000;
/** Counting jobs by state makes Postgres read every job. */
const COUNT_JOBS_EVERY_MS = 60_000;

/** Queues with the most offered work; each has labels of its own. */
const MAX_QUEUES = 100;

/** Registers counts of the read models: jobs by state, work of queues, settled slots, and expired data. */
export const showReadModels = ({ queries, metrics, world }: Shared): void => {
  const { clock, timers } = world;
  const patiently = <T>(ask: (caller: { readonly signal: AbortSignal }) => Promise<T>): Promise<T> =>
    abortOnSignal(timers, TIMEOUT_MS, (signal) => ask({ signal }));
  const jobStates = atMostEvery(COUNT_JOBS_EVERY_MS, clock, () =>
    patiently((caller) => queries.jobStates({ tenant: EVERY_TENANT, ...caller })),
  );
  metrics.gauges('carillon_jobs', async () =>
    Object.entries((await jobStates()) ?? {}).map(([state, value]) => ({ labels: { state }, value })),
  );
  const queues = async () => {
    const counts = await patiently((caller) => queries.offeredQueues({ tenant: EVERY_TENANT, ...caller }));
    const shown = counts.toSorted((a, b) => b.offered - a.offered).slice(0, MAX_QUEUES);
    return shown.map((each) => ({ ...each, labels: { application: String(each.applicationId), queue: each.queue } }));
  };
  metrics.gauges('carillon_work_offered', async () =>
    (await queues()).map(({ labels, offered }) => ({ labels, value: offered })),
  );
  metrics.gauges('carillon_work_taken', async () =>
    (await queues()).map(({ labels, taken }) => ({ labels, value: taken })),
  );
  metrics.gauges('carillon_work_oldest_offer_seconds', async () =>
    (await queues()).map(({ labels, oldestOfferedAt: at }) => ({
      labels,
      value: at === undefined ? 0 : Math.max(0, clock.now() - toMs(at)) / 1_000,
    })),
  );
  metrics.counted('carillon_slots_total', async () => {
    const counts = await patiently((caller) => queries.slotCounts({ tenant: EVERY_TENANT, ...caller }));
    // Reasons without occurrences are counted as 0: an alarm on an increase needs the value before it.
    const late = LATE_REASONS.map((reason) => counted('late', reason, counts.late[reason]));
    const notCalled = NOT_CALLED_REASONS.flatMap((reason) => [
      counted('skipped', reason, counts.skipped[reason]),
      counted('missed', reason, counts.missed[reason]),
    ]);
    return [counted('fired', '', counts.fired), ...late, ...notCalled];
  });
  metrics.counted('carillon_executions_expired_total', async () => [
    { labels: {}, value: (await patiently(queries.expiredSoFar)).executions },
  ]);
  metrics.gauges('carillon_execution_retention_cutoff_age_seconds', async () => {
    const { before } = await patiently(queries.expiredSoFar);
    return before === undefined ? [] : [{ labels: {}, value: (clock.now() - toMs(before)) / 1_000 }];
  });
};

/** Limits the rate of requests. In between, the last result counts, including a failure. */
const atMostEvery = <T>(
  everyMs: number,
  clock: Pick<Clock, 'monotonic'>,
  ask: () => Promise<T>,
): (() => Promise<T>) => {
  let last: { readonly askedMs: number; readonly answer: Promise<T> } | undefined;
  return () => {
    const nowMs = clock.monotonic();
    if (last === undefined || nowMs - last.askedMs >= everyMs) last = { askedMs: nowMs, answer: ask() };
    return last.answer;
  };
};

const counted = (outcome: keyof SlotCounts, reason: string, value = 0) => ({
  labels: { outcome, reason },
  value,
});
