import type { AlertRule, Notification } from '../domain/events/index.ts';
import type { AlertView } from '../projections/queries/records/alerts.ts';

/** A JSON object as the API shows it. Fields that are undefined are left out. */
type Resource = Readonly<Record<string, unknown>>;

/** An alert rule as the API shows it. */
export const alertRuleResource = ({
  tenant: _,
  name,
  description,
  scope,
  jobId,
  applicationId,
  ...rest
}: AlertRule) => {
  const of = scope === 'job' ? jobId : applicationId;
  const shown: Resource = { name, description, scope, of, ...rest };
  return shown;
};

/** An alert that is firing as the API shows it. */
export const alertResource = ({ notification, ...alert }: AlertView): Resource => {
  if (notification === undefined) return alert;
  const { notificationId: id, ...told } = notification;
  return { ...alert, notification: { id, ...told } };
};

/** A notification as the API shows it. */
export const notificationResource = ({ notificationId: id, at, alerts, more, deliveries }: Notification): Resource => ({
  id,
  at,
  alerts: alerts.map(({ toldBy: _toldBy, changedAt: _changedAt, ...alert }) => alert),
  more,
  deliveries,
});
