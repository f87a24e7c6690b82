import { isAlertBookEvent, isAlertRuleEvent } from '../../domain/events/families.ts';
import type { Alert, AlertBook, AlertRule, Notification } from '../../domain/events/index.ts';
import { PREFIX_OF } from '../../domain/streams.ts';
import type { RecordedEvent } from '../../event-store/port.ts';
import { defineProjection } from '../projection.ts';
import { alertBookRecord, alertRecord, alertRuleRecord, type FiringAlert } from '../queries/records/alerts.ts';
import { incomingRows, writeNewest } from '../write-records.ts';

type RuleState = { readonly rule: AlertRule; readonly deleted: boolean; readonly revision: number };
type BookState = { readonly book: AlertBook; readonly revision: number };

export type AlertChanges = {
  /** By the streams of the rules. */
  readonly rules: ReadonlyMap<string, RuleState>;
  /** By the streams of the books. */
  readonly books: ReadonlyMap<string, BookState>;
};

const ruleRow = ({ rule, ...state }: RuleState) => ({
  tenant: rule.tenant,
  name: rule.name,
  applicationId: rule.applicationId,
  rule,
  ...state,
});
const bookRow = ({ book: { tenant, rule, notifications }, revision }: BookState) => ({
  tenant,
  rule,
  notifications,
  revision,
});

/** A book's alerts that are firing. */
const alertRows = ({ book: { tenant, rule, alerts: all, notifications } }: BookState) =>
  all.flatMap((each) => {
    if (each.endedAt !== undefined) return [];
    const { jobId, applicationId } = each;
    return [{ tenant, rule, jobId, applicationId, alert: firing(each, notifications) }];
  });

const firing = (all: Alert, notifications: readonly Notification[]): FiringAlert => {
  const { notifiedBy, changedAt: _, endedAt: __, ended: ___, ...alert } = all;
  const found = notifications.find(({ notificationId }) => notificationId === notifiedBy);
  if (found === undefined) return alert;
  const { alerts: _alerts, more: _more, ...notification } = found;
  return { ...alert, notification };
};

/** Folds alert rules and their books: the last event of each holds it whole. */
export const foldAlerts = (events: readonly RecordedEvent[]): AlertChanges | undefined => {
  const rules = new Map<string, RuleState>();
  const books = new Map<string, BookState>();
  for (const event of events) {
    const { stream, revision } = event;
    if (isAlertRuleEvent(event)) {
      rules.set(stream, { rule: event.data, deleted: event.type === 'AlertRuleDeleted', revision });
    } else if (isAlertBookEvent(event)) books.set(stream, { book: event.data, revision });
  }
  return rules.size === 0 && books.size === 0 ? undefined : { rules, books };
};

/** Alert rules, the alerts that are firing, and the notifications of each rule. */
export const alerts = defineProjection<AlertChanges>({
  name: 'alerts',
  shape: '1',
  streamPrefixes: [PREFIX_OF.alertRule, PREFIX_OF.alertBook],
  views: ['alert_rules', 'alert_books', 'alerts'],
  tables: (schema) => `
    CREATE TABLE ${schema}.alert_rules (${alertRuleRecord.ddl});
    CREATE TABLE ${schema}.alert_books (${alertBookRecord.ddl});
    CREATE TABLE ${schema}.alerts (${alertRecord.ddl})`,
  indexes: (schema) =>
    `CREATE INDEX IF NOT EXISTS living_alert_rules ON ${schema}.alert_rules (tenant, name) WHERE NOT deleted`,
  fold: foldAlerts,
  write: async (client, schema, { rules, books }) => {
    const ofBooks = [...books.values()];
    const changed = incomingRows(alertBookRecord.columns, ofBooks.map(bookRow));
    const alertsNow = incomingRows(alertRecord.columns, ofBooks.flatMap(alertRows));
    await writeNewest(client, `${schema}.alert_rules`, { ...alertRuleRecord, rows: [...rules.values()].map(ruleRow) });
    await client.query({
      text: `DELETE FROM ${schema}.alerts AS alert USING ${changed.source}
       WHERE alert.tenant = incoming.tenant AND alert.rule = incoming.rule`,
      values: changed.values,
    });
    await client.query({
      text: `INSERT INTO ${schema}.alerts (${alertsNow.names}) SELECT ${alertsNow.names} FROM ${alertsNow.source}`,
      values: alertsNow.values,
    });
    await writeNewest(client, `${schema}.alert_books`, { ...alertBookRecord, rows: ofBooks.map(bookRow) });
  },
});
