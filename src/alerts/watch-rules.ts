import { type EventLog, handleCommand } from '../commands/loop/handle-command.ts';
import type { EventOf } from '../domain/events/index.ts';
import { alertCheckpointStream, PREFIX_OF } from '../domain/streams.ts';
import { LOG_START, NO_STREAM, type Position } from '../event-store/port.ts';
import { lastEventOf } from '../event-store/read-log.ts';
import { createWorkRunner, type WorkRunner } from '../runtime/leased-work.ts';
import { createSemaphore } from '../runtime/semaphore.ts';
import { watchContext } from './book-keeper.ts';
import { createDeliverer } from './deliver.ts';
import { createFollower } from './follow.ts';
import type { AlertContext } from './ports.ts';

/** Watches the alert rules of all tenants, in one process at a time. */
export type Alerter = WorkRunner & { status(): WatchStatus };

/**
 * Watches the alert rules while this process has the lease. If that process dies, the next one resumes from the checkpoint.
 * Without rules, it costs a small query every ten seconds.
 */
export const createAlerter = (deps: AlertContext): Alerter => {
  const { queries, mayNotify } = deps;
  let status: WatchStatus = { firing: 0 };
  const show = (now: WatchStatus): void => {
    status = now;
  };
  const runner = createWorkRunner(deps, {
    name: 'alerts',
    steps: 'watches of the rules',
    most: 1,
    find: async () => ((await queries.hasAlertRules()) && (await mayNotify()) ? ['alerts'] : []),
    leaseOf: (name) => name,
    carryOut: (_, { signal }) => watchRules(deps, { signal, show }),
  });
  return { ...runner, status: () => status };
};

/** Status of the watch, for metrics. */
type WatchStatus = { readonly firing: number };

const PREFIXES = [PREFIX_OF.job, PREFIX_OF.runs, PREFIX_OF.alertRule];
const POLL_INTERVAL_MS = 1_000;
const CHECKPOINT_EVERY_MS = 10_000;

/**
 * Watches all alert rules until the signal aborts or no rule is left. Starts at the recorded checkpoint, so that a takeover
 * omits nothing; redelivered events are evaluated once.
 * @throws errors of the log and of Postgres: call it again
 */
const watchRules = async (
  deps: AlertContext,
  { signal, show }: { readonly signal: AbortSignal; readonly show: (status: WatchStatus) => void },
): Promise<void> => {
  const { store, world, logId, queries } = deps;
  const ended = new AbortController();
  const until = AbortSignal.any([signal, ended.signal]);
  const from = await checkpoint(deps);
  const follower = createFollower(deps, from);
  const deliverer = createDeliverer(deps, until);
  // Applying events and evaluating time change the same rules.
  const turns = createSemaphore(1);
  let kept = from;

  const keep = async (): Promise<void> => {
    const position = follower.position();
    if (position === kept) return;
    await keepCheckpoint(deps, { logId, position });
    kept = position;
  };

  const follow = async (): Promise<void> => {
    for await (const item of store.subscribe({ after: from, streamPrefixes: PREFIXES, signal: until })) {
      await turns.run(() => follower.take(item));
    }
  };

  const look = async (): Promise<void> => {
    for (let nextMs = world.clock.monotonic() + CHECKPOINT_EVERY_MS; !until.aborted; ) {
      await world.timers.sleep(POLL_INTERVAL_MS, until);
      if (until.aborted) return;
      await turns.run(async () => {
        await follower.look();
        await deliverer.look(follower.rules.values());
        if (world.clock.monotonic() >= nextMs) {
          await keep();
          nextMs = world.clock.monotonic() + CHECKPOINT_EVERY_MS;
        }
      });
      const rules = [...follower.rules.values()];
      show({ firing: rules.reduce((sum, { book }) => sum + firingOf(book.alerts), 0) });
      if (rules.length === 0) return;
    }
  };

  // Apart from the turns: one tenant's slow query delays no notification.
  const checkSlots = async (): Promise<void> => {
    while (!until.aborted) {
      await follower.checkSlots(until);
      await world.timers.sleep(POLL_INTERVAL_MS, until);
    }
  };

  if (!(await deps.caughtUp())) throw new Error("the read models don't show all alert rules yet");
  await follower.begin(await queries.allAlertRules());
  const endWith = (part: Promise<void>): Promise<void> => part.finally(() => ended.abort());
  try {
    const parts = [follow(), look(), checkSlots()].map(endWith);
    const failure = (await Promise.allSettled(parts)).find(isRejected);
    if (failure !== undefined) throw failure.reason;
  } finally {
    await deliverer.ended();
    show({ firing: 0 });
  }
  await keep();
};

const firingOf = (alerts: readonly { readonly endedAt?: string | undefined }[]): number =>
  alerts.filter(({ endedAt }) => endedAt === undefined).length;

const isRejected = (result: PromiseSettledResult<unknown>): result is PromiseRejectedResult =>
  result.status === 'rejected';

/** The checkpoint to resume from. A log without alert rules so far, or copied from another, starts at its end. */
const checkpoint = async ({ store, logId }: AlertContext): Promise<Position> => {
  const last = await lastEventOf(store, alertCheckpointStream);
  if (last?.type === 'AlertsCheckpointed' && last.data.logId === logId) return last.data.position;
  return (await store.end()) ?? LOG_START;
};

const keepCheckpoint = async (log: EventLog, data: EventOf<'AlertsCheckpointed'>['data']): Promise<void> => {
  const { revision } = await handleCommand(log, {
    stream: alertCheckpointStream,
    context: watchContext({ tenant: 'default', name: 'checkpoint' }),
    load: async () => {
      const last = await lastEventOf(log.store, alertCheckpointStream);
      return { state: undefined, revision: last?.revision ?? NO_STREAM };
    },
    decide: (): EventOf<'AlertsCheckpointed'>[] => [{ type: 'AlertsCheckpointed', data }],
  });
  if (revision === 0) await log.store.keepLast(alertCheckpointStream);
};
