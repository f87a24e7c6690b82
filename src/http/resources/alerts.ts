import { z } from 'zod';
import {
  Alert,
  AlertReceiver,
  AlertRule,
  Delivery,
  type Notification,
  Notification as NotificationData,
} from '../../domain/events/index.ts';
import { Instant } from '../../domain/values.ts';
import type { JobNames } from '../../projections/queries/job-names.ts';
import type { AlertView } from '../../projections/queries/records/alerts.ts';
import type { Resource } from './common.ts';
import { jobNameSchemas } from './common.ts';

const { tenant: _, jobId: __, applicationId: ___, ...rule } = AlertRule.shape;
export const AlertRuleSchema = z
  .object({
    ...rule,
    of: z.int().optional().meta({ description: 'The job or the application' }),
    labels: rule.labels.meta({ description: 'Only jobs of the scope with all of these' }),
    groupWait: rule.groupWait.meta({ description: 'Alerts that begin or end within this time share one notification' }),
    atMostEvery: rule.atMostEvery.meta({ description: 'The minimum time between two notifications' }),
    maintenance: rule.maintenance.meta({
      description:
        'No notifications in these windows; at the end of a window, alerts that are still active are notified',
    }),
  })
  .meta({ id: 'AlertRule' });

const AlertNotified = z.object({ id: z.string(), at: Instant, deliveries: z.array(Delivery) }).meta({
  id: 'LastNotification',
  description: 'The notification that contained the alert; absent before there is one',
});

const shownAlert = Alert.omit({ notifiedBy: true, changedAt: true }).shape;

export const AlertSchema = z
  .object({
    rule: z.string(),
    ...Alert.omit({ notifiedBy: true, changedAt: true, endedAt: true, endReason: true }).shape,
  })
  .extend({ applicationName: jobNameSchemas.applicationName, notification: AlertNotified.optional() })
  .meta({ id: 'Alert' });

export const NotificationSchema = z
  .object({
    id: z.string().meta({ description: 'The `webhook-id`' }),
    at: NotificationData.shape.at,
    alerts: z.array(z.object({ ...shownAlert, applicationName: jobNameSchemas.applicationName })),
    more: z.int().meta({ description: 'Number of further alerts that are not listed' }),
    deliveries: z.array(Delivery),
  })
  .meta({ id: 'AlertNotification' });

export const ReceiverTestSchema = z
  .object({
    receiver: AlertReceiver,
    status: z.enum(['delivered', 'failed']),
    response: z.string().optional().meta({ description: 'The response of the receiver' }),
    error: z.object({ code: z.string(), message: z.string() }).optional(),
  })
  .meta({ id: 'ReceiverTest' });

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
export const alertResource = ({ notification, ...alert }: AlertView, names: Names): Resource => {
  const shown = withApplication(alert, names);
  if (notification === undefined) return shown;
  const { notificationId: id, ...rest } = notification;
  return { ...shown, notification: { id, ...rest } };
};

type Names = ReadonlyMap<number, JobNames>;

/** An alert keeps the job name from its begin. */
const withApplication = <A extends { readonly jobId: number }>(alert: A, names: Names) => ({
  ...alert,
  applicationName: names.get(alert.jobId)?.applicationName,
});

/** A notification as the API shows it. */
export const notificationResource = (
  { notificationId: id, at, alerts, more, deliveries }: Notification,
  names: Names,
): Resource => ({
  id,
  at,
  alerts: alerts.map(({ notifiedBy: _toldBy, changedAt: _changedAt, ...alert }) => withApplication(alert, names)),
  more,
  deliveries,
});
