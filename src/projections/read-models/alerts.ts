import { type Alert, type AlertBook, isAlertBookEvent, type Notification } from '../../domain/events/index.ts';
import { PREFIX_OF } from '../../domain/streams.ts';
import type { RecordedEvent } from '../../event-store/port.ts';
import { defineProjection } from '../projection.ts';
import { alertBookRecord, alertRecord, type FiringAlert } from '../queries/records/alerts.ts';
import { writeIncoming, writeMissing, writeNewest } from '../write-records.ts';

type BookState = { readonly book: AlertBook; readonly revision: number };

/** By stream of the book. */
export type AlertChanges = Map<string, BookState>;

const bookRow = ({ book: { tenant, rule, notifications }, revision }: BookState) => ({
  tenant,
  rule,
  notifications,
  revision,
});

/** A book's firing alerts. */
const alertRows = ({ book: { tenant, rule, alerts: all, notifications } }: BookState) =>
  all.flatMap((each) => {
    if (each.endedAt !== undefined) return [];
    const { jobId, applicationId } = each;
    return [{ tenant, rule, jobId, applicationId, alert: firing(each, notifications) }];
  });

const firing = (all: Alert, notifications: readonly Notification[]): FiringAlert => {
  const { notifiedBy, changedAt: _, endedAt: __, endReason: ___, ...alert } = all;
  const found = notifications.find(({ notificationId }) => notificationId === notifiedBy);
  if (found === undefined) return alert;
  const { alerts: _alerts, more: _more, ...notification } = found;
  return { ...alert, notification };
};

/** Folds the books of alert rules: the last event of each holds it whole. */
export const foldAlerts = (
  events: readonly RecordedEvent[],
  books: AlertChanges = new Map(),
): AlertChanges | undefined => {
  for (const event of events)
    if (isAlertBookEvent(event)) books.set(event.stream, { book: event.data, revision: event.revision });
  return books.size === 0 ? undefined : books;
};

/** The alerts that are firing, and the notifications of each rule. */
export const alerts = defineProjection<AlertChanges>({
  name: 'alerts',
  shape: '3',
  streamPrefixes: [PREFIX_OF.alertBook],
  views: ['alert_books', 'alerts'],
  tables: (schema) => `
    CREATE TABLE ${schema}.alert_books (${alertBookRecord.ddl});
    CREATE TABLE ${schema}.alerts (${alertRecord.ddl})`,
  indexes: () => '',
  fold: foldAlerts,
  write: async (client, schema, books) => {
    const ofBooks = [...books.values()];
    const changed = { ...alertBookRecord, rows: ofBooks.map(bookRow) };
    const firingNow = { ...alertRecord, rows: ofBooks.flatMap(alertRows) };
    await Promise.all([
      writeIncoming(
        client,
        `${schema}_cleared`,
        changed,
        ({ source }) => `DELETE FROM ${schema}.alerts AS alert USING ${source}
         WHERE alert.tenant = incoming.tenant AND alert.rule = incoming.rule`,
      ),
      writeMissing(client, `${schema}.alerts`, firingNow),
      writeNewest(client, `${schema}.alert_books`, changed),
    ]);
  },
});
