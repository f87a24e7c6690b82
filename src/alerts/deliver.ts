import { isFiringAsNotified } from '../domain/alert-rule/alert-book.ts';
import {
  afterNotified,
  dueDeliveries,
  notificationDueMs,
  planNotification,
} from '../domain/alert-rule/notification.ts';
import type { AttemptOutcome } from '../domain/delivery.ts';
import type { AlertReceiver, AlertRule } from '../domain/events/index.ts';
import { boundOrigin } from '../domain/targets/index.ts';
import { createOutbox, type Outgoing } from '../runtime/outbox.ts';
import { createOutageLog } from '../runtime/retry.ts';
import { createFairSemaphore } from '../runtime/semaphore.ts';
import { changeBook } from './book-keeper.ts';
import type { AlertContext } from './ports.ts';
import type { WatchedRule } from './watch-list.ts';

/** Plans and sends the notifications of rules. */
export type Deliverer = {
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
