import { isAlertBookEvent, isAlertRuleEvent } from '../../domain/events/families.ts';
import type { Alert, AlertBook, AlertRule, Notification } from '../../domain/events/index.ts';
import type { RecordedEvent } from '../../event-store/port.ts';
import { type Column, incomingRows, storable } from '../columns.ts';
import { defineProjection } from '../projection.ts';

type RuleRow = { readonly rule: AlertRule; readonly deleted: boolean; readonly revision: number };
type BookRow = { readonly book: AlertBook; readonly revision: number };
type AlertRow = { readonly book: AlertBook; readonly alert: Alert };

export type AlertChanges = {
  /** By the streams of the rules. */
  readonly rules: ReadonlyMap<string, RuleRow>;
  /** By the streams of the books. */
  readonly books: ReadonlyMap<string, BookRow>;
};

/** An alert with the notification that told it. */
export type ShownAlert = Omit<Alert, 'toldBy' | 'changedAt'> & {
  readonly notification?: Omit<Notification, 'alerts' | 'more'>;
};

const ruleColumns: readonly Column<RuleRow>[] = [
  ['tenant', 'text', ({ rule }) => storable(rule.tenant)],
  ['name', 'text', ({ rule }) => rule.name],
  ['application_id', 'bigint', ({ rule }) => rule.applicationId ?? null],
  ['deleted', 'boolean', ({ deleted }) => deleted],
  ['rule', 'json text', ({ rule }) => JSON.stringify(rule)],
  ['revision', 'integer', ({ revision }) => revision],
];

const bookColumns: readonly Column<BookRow>[] = [
  ['tenant', 'text', ({ book }) => storable(book.tenant)],
  ['rule', 'text', ({ book }) => book.rule],
  ['notifications', 'json text', ({ book }) => JSON.stringify(book.notifications)],
  ['revision', 'integer', ({ revision }) => revision],
];

const alertColumns: readonly Column<AlertRow>[] = [
  ['tenant', 'text', ({ book }) => storable(book.tenant)],
  ['rule', 'text', ({ book }) => book.rule],
  ['job_id', 'bigint', ({ alert }) => alert.jobId],
  ['application_id', 'bigint', ({ alert }) => alert.applicationId],
  ['alert', 'json text', ({ book, alert }) => JSON.stringify(shown(alert, book))],
];

const shown = ({ toldBy, changedAt: _, ...alert }: Alert, { notifications }: AlertBook): ShownAlert => {
  const told = notifications.find(({ notificationId }) => notificationId === toldBy);
  if (told === undefined) return alert;
  const { alerts: _alerts, more: _more, ...notification } = told;
  return { ...alert, notification };
};

/** Folds alert rules and their books: the last event of each holds it whole. */
export const foldAlerts = (events: readonly RecordedEvent[]): AlertChanges | undefined => {
  const rules = new Map<string, RuleRow>();
  const books = new Map<string, BookRow>();
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
  streamPrefixes: ['alertrule-', 'alertbook-'],
  views: ['alert_rules', 'alert_books', 'alerts'],
  tables: (schema) => `
    CREATE TABLE ${schema}.alert_rules (
      tenant text NOT NULL,
      name text NOT NULL,
      application_id bigint,
      deleted boolean NOT NULL,
      rule text NOT NULL,
      revision integer NOT NULL,
      PRIMARY KEY (tenant, name)
    );
    CREATE TABLE ${schema}.alert_books (
      tenant text NOT NULL,
      rule text NOT NULL,
      notifications text NOT NULL,
      revision integer NOT NULL,
      PRIMARY KEY (tenant, rule)
    );
    CREATE TABLE ${schema}.alerts (
      tenant text NOT NULL,
      rule text NOT NULL,
      job_id bigint NOT NULL,
      application_id bigint NOT NULL,
      alert text NOT NULL,
      PRIMARY KEY (tenant, rule, job_id)
    )`,
  indexes: (schema) =>
    `CREATE INDEX IF NOT EXISTS living_alert_rules ON ${schema}.alert_rules (tenant, name) WHERE NOT deleted`,
  fold: foldAlerts,
  write: async (client, schema, { rules, books }) => {
    const ofRules = incomingRows(ruleColumns, rules.values());
    const ofBooks = incomingRows(bookColumns, books.values());
    const firing = [...books.values()].flatMap(({ book }) =>
      book.alerts.filter(({ endedAt }) => endedAt === undefined).map((alert) => ({ book, alert })),
    );
    const ofAlerts = incomingRows(alertColumns, firing);
    await client.query({
      text: `INSERT INTO ${schema}.alert_rules AS kept (${ofRules.names}) SELECT ${ofRules.names} FROM ${ofRules.source}
       ON CONFLICT (tenant, name) DO UPDATE SET application_id = excluded.application_id, deleted = excluded.deleted,
         rule = excluded.rule, revision = excluded.revision
       WHERE kept.revision < excluded.revision`,
      values: ofRules.values,
    });
    await client.query({
      text: `DELETE FROM ${schema}.alerts AS alert USING ${ofBooks.source}
       WHERE alert.tenant = incoming.tenant AND alert.rule = incoming.rule`,
      values: ofBooks.values,
    });
    await client.query({
      text: `INSERT INTO ${schema}.alerts (${ofAlerts.names}) SELECT ${ofAlerts.names} FROM ${ofAlerts.source}`,
      values: ofAlerts.values,
    });
    await client.query({
      text: `INSERT INTO ${schema}.alert_books AS kept (${ofBooks.names}) SELECT ${ofBooks.names} FROM ${ofBooks.source}
       ON CONFLICT (tenant, rule) DO UPDATE SET notifications = excluded.notifications, revision = excluded.revision
       WHERE kept.revision < excluded.revision`,
      values: ofBooks.values,
    });
  },
});
