import { z } from 'zod';
import { Alert, type AlertRule, Notification } from '../../../domain/events/index.ts';
import { bigint, json, record, text } from '../../record.ts';

export type AlertRuleView = { readonly rule: AlertRule; readonly revision: number };

export const alertBookRecord = record(
  'book',
  {
    tenant: text().inner(),
    rule: text().inner(),
    notifications: json(z.array(Notification)),
    revision: bigint().inner(),
  },
  { key: ['tenant', 'rule'] },
);

/** A firing alert, and the result of its notification; absent before there is one. */
const FiringAlert = Alert.omit({ notifiedBy: true, changedAt: true, endedAt: true, endReason: true }).extend({
  notification: Notification.omit({ alerts: true, more: true }).optional(),
});
export type FiringAlert = z.infer<typeof FiringAlert>;

export const alertRecord = record(
  'alert',
  {
    tenant: text().inner(),
    rule: text(),
    jobId: bigint().inner(),
    applicationId: bigint().inner(),
    alert: json(FiringAlert),
  },
  { key: ['tenant', 'rule', 'jobId'] },
);
export type AlertView = FiringAlert & { readonly rule: string };
