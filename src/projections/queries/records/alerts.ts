import { z } from 'zod';
import { Alert, AlertRule, Notification } from '../../../domain/events/index.ts';
import { bigint, boolean, integer, json, type RecordView, record, text } from '../../record.ts';

export const alertRuleRecord = record(
  'rule',
  {
    tenant: text().inner(),
    name: text().inner(),
    applicationId: bigint().optional().inner(),
    deleted: boolean().inner(),
    rule: json(AlertRule),
    revision: integer(),
  },
  { key: ['tenant', 'name'] },
);
export type AlertRuleView = RecordView<typeof alertRuleRecord>;

export const alertBookRecord = record(
  'book',
  {
    tenant: text().inner(),
    rule: text().inner(),
    notifications: json(z.array(Notification)),
    revision: integer().inner(),
  },
  { key: ['tenant', 'rule'] },
);

/** An alert that is firing, and what became of its notification; absent before there is one. */
const FiringAlert = Alert.omit({ notifiedBy: true, changedAt: true, endedAt: true, ended: true }).extend({
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
