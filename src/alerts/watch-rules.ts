import { type EventLog, handleCommand } from '../commands/loop/handle-command.ts';
import { isFiringAsNotified } from '../domain/alert-rule/alert-book.ts';
import {
  afterNotified,
  dueDeliveries,
  notificationDueMs,
  planNotification,
} from '../domain/alert-rule/notification.ts';
import type { AttemptOutcome } from '../domain/delivery.ts';
import type { AlertReceiver, AlertRule, EventOf } from '../domain/events/index.ts';
import { alertCheckpointStream, PREFIX_OF } from '../domain/streams.ts';
import { boundOrigin } from '../domain/targets/target-url.ts';
import { LOG_START, NO_STREAM, type Position } from '../event-store/port.ts';
import { lastEventOf } from '../event-store/read-log.ts';
import { createWorkRunner, type WorkRunner } from '../runtime/leased-work.ts';
import { createOutbox, type Outgoing } from '../runtime/outbox.ts';
import { createOutageLog } from '../runtime/retry.ts';
import { createFairSemaphore, createSemaphore } from '../runtime/semaphore.ts';
import { createFollower } from './follow.ts';
import type { AlertContext } from './ports.ts';
import { changeBook, type WatchedRule, watchContext } from './watch-list.ts';

/** Plans and sends the notifications of rules. */
type Deliverer = {
  /** Plans due notifications and starts to send them in the background. */
  look(rules: Iterable<WatchedRule>): Promise<void>;
  /** Resolves when no notification is being sent. */
  ended(): Promise<void>;
};

/** Maximum simultaneous notifications: of all tenants, which share the capacity fairly, and to one receiver. */
const MAX_SENDING = 256;
const MAX_SENDING_PER_RECEIVER = 24;

type Due = ReturnType<typeof dueDeliveries>[number];
type Attempt = { readonly outcome: AttemptOutcome; readonly nowMs: number };

/** Serializes attempts at one delivery, and all sends to one incident, so that the last one has the current state. */
const keyOf = ({ tenant, name }: AlertRule, { notificationId, index, delivery: { receiver } }: Due): string =>
  receiver.type === 'pagerduty' ? JSON.stringify([tenant, name, receiver]) : `${notificationId} ${index}`;

/** Groups receivers that may be slow together. */
const targetOf = (receiver: AlertReceiver): string => {
  switch (receiver.type) {
    case 'webhook':
      return boundOrigin(receiver);
    case 'email':
      return 'e-mail';
    case 'slack':
    case 'teams':
    case 'pagerduty':
      return `${receiver.type} of ${receiver.secretApplicationId} by ${receiver.secret}`;
  }
};

export const createDeliverer = (deps: AlertContext, signal: AbortSignal): Deliverer => {
  const { world, send, attempted } = deps;
  const { clock, log } = world;
  const outbox = createOutbox({
    world,
    places: createFairSemaphore({ count: MAX_SENDING, countPerTarget: MAX_SENDING_PER_RECEIVER, clock }),
    outages: createOutageLog(log, 'alerts: records of sent notifications'),
    failed: (error) => log.error({ error }, 'alerts: could not send a notification'),
    signal,
  });

  const plan = async (watched: WatchedRule): Promise<void> => {
    const { rule, book } = watched;
    const dueMs = notificationDueMs(book, rule);
    if (dueMs === undefined || dueMs > clock.now()) return;
    const notificationId = world.random.uuid();
    watched.book = await changeBook(deps, {
      rule,
      type: 'NotificationPlanned',
      change: (now) => planNotification(now, { rule, notificationId, nowMs: clock.now() }),
    });
  };

  const record = async (watched: WatchedRule, { notification, index, delivery }: Due, attempt: Attempt) => {
    const { rule } = watched;
    const { notificationId } = notification;
    const book = await changeBook(deps, {
      rule,
      type: 'NotificationAttempted',
      change: (now) => afterNotified(now, { notificationId, index, ...attempt }),
    });
    watched.book = book;
    const { outcome } = attempt;
    const { type } = delivery.receiver;
    const after = book.notifications.find((each) => each.notificationId === notificationId)?.deliveries[index];
    const isGivenUp = after?.status === 'abandoned';
    attempted(type, isGivenUp ? 'abandoned' : outcome.kind);
    if (outcome.kind !== 'failed') return;
    const fields = { tenant: rule.tenant, rule: rule.name, notificationId, receiver: type, code: outcome.code };
    log.warn(fields, isGivenUp ? 'alerts: a notification was abandoned' : 'alerts: a notification failed');
  };

  const deliver = (watched: WatchedRule, due: Due): Outgoing<Attempt> => {
    const { rule } = watched;
    const { notification, delivery } = due;
    const { receiver } = delivery;
    return {
      tenant: rule.tenant,
      target: targetOf(receiver),
      send: async () => {
        const isFiring = isFiringAsNotified(watched.book);
        const outcome = await send({ rule, receiver, notification, isFiring }, signal);
        return outcome && { outcome, nowMs: clock.now() };
      },
      record: (attempt) => record(watched, due, attempt),
    };
  };

  return {
    look: async (rules) => {
      outbox.beginRound();
      for (const watched of rules) {
        await plan(watched);
        for (const due of dueDeliveries(watched.book, watched.rule, clock.now())) {
          outbox.send(keyOf(watched.rule, due), async () => deliver(watched, due));
        }
      }
    },
    ended: outbox.ended,
  };
};

/** Watches the alert rules of all tenants, in one process at a time. */
type Alerter = WorkRunner & { status(): WatchStatus };

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
