import type { EventLog } from '../commands/loop/handle-command.ts';
import { isFiringAsNotified } from '../domain/alert-rule/alert-book.ts';
import {
  afterNotified,
  dueDeliveries,
  notificationDueMs,
  planNotification,
} from '../domain/alert-rule/notification.ts';
import type { AlertReceiver, AlertRule } from '../domain/events/index.ts';
import { boundOrigin } from '../domain/targets/index.ts';
import { createFairSemaphore } from '../runtime/fair-semaphore.ts';
import { createOutageLog, retryUntilDone } from '../runtime/outage.ts';
import { changeBook } from './book-keeper.ts';
import type { AlertPorts } from './ports.ts';
import type { WatchedRule } from './watch-list.ts';

export type DeliverDeps = EventLog & Pick<AlertPorts, 'send' | 'attempted'>;

/** Plans the notifications of rules when they are due, and sends them. */
export type Deliverer = {
  /** Plans what is due, and begins to send; the sending goes on after that. */
  look(rules: Iterable<WatchedRule>): Promise<void>;
  /** Resolves when nothing is being sent any more. */
  ended(): Promise<void>;
};

/** Notifications sent at once: of all tenants, who share these places fairly, and to one receiver. */
const MAX_SENDING = 256;
const MAX_SENDING_PER_RECEIVER = 24;

type Due = ReturnType<typeof dueDeliveries>[number];

/** What is sent only one at a time: a delivery, and all to an incident, so that the last one says how it is now. */
const keyOf = ({ tenant, name }: AlertRule, { notificationId, index, delivery: { receiver } }: Due): string =>
  receiver.type === 'pagerduty' ? JSON.stringify([tenant, name, receiver]) : `${notificationId} ${index}`;

/** What a receiver shares with others that may be slow together. */
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

export const createDeliverer = (deps: DeliverDeps, signal: AbortSignal): Deliverer => {
  const { world, send, attempted } = deps;
  const { clock } = world;
  const places = createFairSemaphore({ count: MAX_SENDING, countPerTarget: MAX_SENDING_PER_RECEIVER, clock });
  const requestInProgress = new Map<string, Promise<void>>();
  const outages = createOutageLog(world.log, 'alerts: records of what was sent');

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

  const deliver = async (watched: WatchedRule, { notification, delivery, index }: Due): Promise<void> => {
    const { rule } = watched;
    const { receiver } = delivery;
    const { notificationId } = notification;
    const outcome = await send({ rule, receiver, notification, isFiring: isFiringAsNotified(watched.book) }, signal);
    if (outcome === undefined) return;
    const nowMs = clock.now();
    // Recorded as soon as the log takes it: until then, it would be sent again.
    const book = await retryUntilDone({ world, outages, signal }, () =>
      changeBook(deps, {
        rule,
        type: 'NotificationAttempted',
        change: (now) => afterNotified(now, { notificationId, index, outcome, nowMs }),
      }),
    );
    if (book === undefined) return;
    watched.book = book;
    const after = book.notifications.find((each) => each.notificationId === notificationId)?.deliveries[index];
    const isGivenUp = after?.status === 'abandoned';
    attempted(receiver.type, isGivenUp ? 'abandoned' : outcome.kind);
    if (outcome.kind === 'failed') {
      const { code } = outcome;
      const fields = { tenant: rule.tenant, rule: rule.name, notificationId, receiver: receiver.type, code };
      world.log.warn(fields, isGivenUp ? 'alerts: a notification is given up' : 'alerts: a notification failed');
    }
  };

  const begin = (watched: WatchedRule, due: Due): void => {
    const key = keyOf(watched.rule, due);
    if (requestInProgress.has(key)) return;
    const sending = places
      .run({ tenant: watched.rule.tenant, target: targetOf(due.delivery.receiver) }, () => deliver(watched, due))
      .catch((error: unknown) => world.log.error({ error }, 'alerts: a notification could not be sent'))
      .finally(() => requestInProgress.delete(key));
    requestInProgress.set(key, sending);
  };

  return {
    look: async (rules) => {
      for (const watched of rules) {
        await plan(watched);
        for (const due of dueDeliveries(watched.book, watched.rule, clock.now())) begin(watched, due);
      }
    },
    ended: async () => {
      await Promise.allSettled(requestInProgress.values());
    },
  };
};
