import { type AttemptOutcome, afterAttempt } from '../delivery.ts';
import { durationMs } from '../duration.ts';
import type { AlertBook, AlertRule, Delivery, Notification } from '../events/index.ts';
import { toInstant, toMs } from '../values.ts';
import { isInMaintenance, maintenanceEndMs, unnotified, unnotifiedSinceMs } from './alert-book.ts';

/** A notification lists up to this many alerts and counts the rest. */
const MAX_LISTED = 20;
/** With this many undelivered notifications, further alerts are gathered until one completes. */
const MAX_UNDELIVERED = 10;
/** Number of completed notifications to keep. */
const KEPT = 10;

/** An undelivered notification is abandoned after this time. */
export const GIVE_UP_MS = 24 * 3_600_000;

const isPending = ({ deliveries }: Notification): boolean => deliveries.some(({ status }) => status === 'pending');

/** When the next notification is due, epoch ms; `undefined` if there is nothing to notify. */
export const notificationDueMs = (book: AlertBook, rule: AlertRule): number | undefined => {
  const sinceMs = unnotifiedSinceMs(book);
  if (sinceMs === undefined || book.notifications.filter(isPending).length >= MAX_UNDELIVERED) return undefined;
  const { lastNotifiedAt } = book;
  const gatheredMs = sinceMs + durationMs(rule.groupWait);
  const spacedMs = lastNotifiedAt === undefined ? gatheredMs : toMs(lastNotifiedAt) + durationMs(rule.atMostEvery);
  return maintenanceEndMs(rule, Math.max(gatheredMs, spacedMs));
};

type Plan = { readonly rule: AlertRule; readonly notificationId: string; readonly nowMs: number };

/** Adds a notification of all pending alerts; `undefined` if none is due. */
export const planNotification = (book: AlertBook, { rule, notificationId, nowMs }: Plan): AlertBook | undefined => {
  const dueMs = notificationDueMs(book, rule);
  if (dueMs === undefined || dueMs > nowMs || isInMaintenance(rule, nowMs)) return undefined;
  const at = toInstant(nowMs);
  const news = unnotified(book);
  const notification: Notification = {
    notificationId,
    at,
    alerts: news.slice(0, MAX_LISTED),
    more: Math.max(0, news.length - MAX_LISTED),
    deliveries: rule.receivers.map((receiver) => ({ receiver, status: 'pending', attempts: 0, nextAt: at })),
  };
  return {
    ...book,
    alerts: book.alerts
      .filter(({ endedAt }) => endedAt === undefined)
      .map((alert) => ({ ...alert, notifiedBy: alert.notifiedBy ?? notificationId })),
    notifications: trimmed([...book.notifications, notification]),
    lastNotifiedAt: at,
  };
};

/** Keeps pending notifications and the last completed ones. */
const trimmed = (notifications: readonly Notification[]): Notification[] => {
  const done = notifications.filter((each) => !isPending(each));
  const forgotten = new Set(done.slice(0, Math.max(0, done.length - KEPT)));
  return notifications.filter((each) => !forgotten.has(each));
};

/** One receiver's delivery of a notification, by index. */
export type DeliveryRef = { readonly notificationId: string; readonly index: number };

export const dueDeliveries = (
  { notifications }: AlertBook,
  rule: AlertRule,
  nowMs: number,
): readonly (DeliveryRef & { readonly notification: Notification; readonly delivery: Delivery })[] =>
  isInMaintenance(rule, nowMs)
    ? []
    : notifications.flatMap((notification) =>
        notification.deliveries.flatMap((delivery, index) =>
          delivery.nextAt !== undefined && toMs(delivery.nextAt) <= nowMs
            ? [{ notificationId: notification.notificationId, index, notification, delivery }]
            : [],
        ),
      );

type Attempt = DeliveryRef & { readonly outcome: AttemptOutcome; readonly nowMs: number };

/** Applies a delivery attempt; `undefined` if that delivery is already complete. */
export const afterNotified = (
  book: AlertBook,
  { notificationId, index, outcome, nowMs }: Attempt,
): AlertBook | undefined => {
  const notification = book.notifications.find((each) => each.notificationId === notificationId);
  const attempted = notification?.deliveries[index];
  if (notification === undefined || attempted?.status !== 'pending') return undefined;
  const untilMs = toMs(notification.at) + GIVE_UP_MS;
  const after = { receiver: attempted.receiver, ...afterAttempt(attempted, { outcome, nowMs, untilMs }) };
  const deliveries = notification.deliveries.map((delivery) => (delivery === attempted ? after : delivery));
  return {
    ...book,
    notifications: trimmed(book.notifications.map((each) => (each === notification ? { ...each, deliveries } : each))),
  };
};

/** Closes the book of a deleted rule: nothing is watched or notified any more. */
export const closeAlertBook = (book: AlertBook): AlertBook => ({
  ...book,
  alerts: [],
  notifications: trimmed(
    book.notifications.map((notification) => ({
      ...notification,
      deliveries: notification.deliveries.map(({ nextAt: _, ...delivery }) =>
        delivery.status === 'pending' ? { ...delivery, status: 'abandoned', error: RULE_DELETED } : delivery,
      ),
    })),
  ),
});

const RULE_DELETED = { code: 'RULE_DELETED', message: 'the alert rule was deleted' };
