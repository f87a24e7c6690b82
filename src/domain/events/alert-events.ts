import { z } from 'zod';
import { Duration } from '../duration-input.ts';
import { ApplicationId, ExecutionId, Instant, JobId, Tenant } from '../values.ts';
import { DeliveryProgress } from './delivery-fields.ts';
import { NOT_CALLED_REASONS } from './run-events.ts';

export const AlertCondition = z.discriminatedUnion('kind', [
  /** This many executions failed in a row. */
  z.object({ kind: z.literal('failures'), count: z.int() }),
  /** A slot was not called, for this reason if one is given. */
  z.object({ kind: z.literal('missed'), reason: z.enum(NOT_CALLED_REASONS).optional() }),
  /** A slot was skipped, for this reason or for any unintended one. */
  z.object({ kind: z.literal('skipped'), reason: z.enum(NOT_CALLED_REASONS).optional() }),
  /** A slot was called, or still waits, later than this after its time. */
  z.object({ kind: z.literal('late'), over: Duration }),
  /** No execution has succeeded for this long. */
  z.object({ kind: z.literal('noSuccess'), over: Duration }),
  /** Nothing has been called for this long. */
  z.object({ kind: z.literal('notRun'), over: Duration }),
  /** Offered work has waited for a worker for longer than this. */
  z.object({ kind: z.literal('notTaken'), over: Duration }),
  /** The job's calendars exclude every slot to come. */
  z.object({ kind: z.literal('noSlots') }),
  /** A call has been running for longer than this. */
  z.object({ kind: z.literal('running'), over: Duration }),
  /** The job was disabled by its `disableAfter`. */
  z.object({ kind: z.literal('disabled') }),
]);
export type AlertCondition = z.infer<typeof AlertCondition>;

export const PAGERDUTY_SEVERITIES = ['critical', 'error', 'warning', 'info'] as const;

/** A named secret of an application; opened only to send a notification. */
const ofSecret = { secret: z.string(), secretApplicationId: ApplicationId };

export const AlertReceiver = z.discriminatedUnion('type', [
  z.object({
    type: z.literal('webhook'),
    url: z.string(),
    /** The application whose signing keys sign the notifications. */
    signedBy: ApplicationId,
  }),
  z.object({ type: z.literal('email'), to: z.string() }),
  /** The secret is the URL of an incoming webhook of Slack. */
  z.object({ type: z.literal('slack'), ...ofSecret }),
  /** The secret is the URL of a workflow of Teams. */
  z.object({ type: z.literal('teams'), ...ofSecret }),
  /** The secret is the routing key of an integration by the Events API v2. */
  z.object({
    type: z.literal('pagerduty'),
    ...ofSecret,
    url: z.string(),
    severity: z.enum(PAGERDUTY_SEVERITIES),
  }),
]);
export type AlertReceiver = z.infer<typeof AlertReceiver>;
/** A receiver that is called with a secret of an application. */
export type SecretReceiver = Extract<AlertReceiver, { secret: string }>;

export const ALERT_SCOPES = ['job', 'application', 'tenant'] as const;

/** Notifies receivers when a condition begins and when it ends, for one or several jobs of a tenant. */
export const AlertRule = z.object({
  tenant: Tenant,
  name: z.string(),
  description: z.string().optional(),
  scope: z.enum(ALERT_SCOPES),
  /** Present if the scope is `job`. */
  jobId: JobId.optional(),
  /** Application of the job or of the scope; absent for the scope `tenant`. */
  applicationId: ApplicationId.optional(),
  /** Only jobs with all these labels. */
  labels: z.record(z.string(), z.string()).optional(),
  condition: AlertCondition,
  /** Subject of notifications, with placeholders; if absent, it names the job and the condition. */
  message: z.string().optional(),
  receivers: z.array(AlertReceiver),
  /** How long begins and ends are gathered into one notification. */
  groupWait: Duration,
  atMostEvery: Duration,
  /** Spans without notifications, sorted by start. */
  maintenance: z.array(z.object({ from: Instant, to: Instant })),
  createdAt: Instant,
  createdBy: z.string(),
  updatedAt: Instant,
  updatedBy: z.string(),
});
export type AlertRule = z.infer<typeof AlertRule>;

/** Carries the rule after the change. */
export const AlertRuleSet = z.object({ type: z.literal('AlertRuleSet'), data: AlertRule });
/** Carries the rule before deletion; `updatedAt` and `updatedBy` state when it was deleted, and by whom. */
export const AlertRuleDeleted = z.object({ type: z.literal('AlertRuleDeleted'), data: AlertRule });

export const AlertRuleEvent = z.discriminatedUnion('type', [AlertRuleSet, AlertRuleDeleted]);
export type AlertRuleEvent = z.infer<typeof AlertRuleEvent>;

/** A condition that holds for a job, or that ended and was not notified yet. */
export const Alert = z.object({
  jobId: JobId,
  applicationId: ApplicationId,
  jobName: z.string(),
  since: Instant,
  /** What is wrong, in plain language. */
  summary: z.string(),
  executionId: ExecutionId.optional(),
  /** When its last begin or end was recorded. */
  changedAt: Instant,
  endedAt: Instant.optional(),
  /** Why it ended, in plain language. */
  endReason: z.string().optional(),
  /** The notification of its begin; absent until there is one. */
  notifiedBy: z.string().optional(),
});
export type Alert = z.infer<typeof Alert>;

export const Delivery = z.object({ receiver: AlertReceiver, ...DeliveryProgress.shape });
export type Delivery = z.infer<typeof Delivery>;

export const NotificationContent = z.object({
  /** The `webhook-id`, the same for each attempt. */
  notificationId: z.string(),
  at: Instant,
  alerts: z.array(Alert),
  /** Number of begins and ends that are not listed. */
  more: z.int(),
});
export type NotificationContent = z.infer<typeof NotificationContent>;

export const Notification = NotificationContent.extend({ deliveries: z.array(Delivery) });
export type Notification = z.infer<typeof Notification>;

/** The alerts of one rule and their notifications. Each of its events carries the whole book. */
export const AlertBook = z.object({
  tenant: Tenant,
  rule: z.string(),
  alerts: z.array(Alert),
  /** Pending notifications and the last completed ones, oldest first. */
  notifications: z.array(Notification),
  lastNotifiedAt: Instant.optional(),
  /** This rule has evaluated the jobs' events up to this position of this log. */
  evaluatedTo: z.object({ logId: z.string(), position: z.string() }).optional(),
});
export type AlertBook = z.infer<typeof AlertBook>;

export const AlertsChanged = z.object({ type: z.literal('AlertsChanged'), data: AlertBook });
/** The notification's content is fixed; delivery starts. */
export const NotificationPlanned = z.object({ type: z.literal('NotificationPlanned'), data: AlertBook });
/** A receiver was called. */
export const NotificationAttempted = z.object({ type: z.literal('NotificationAttempted'), data: AlertBook });

/** Every rule has evaluated the jobs' events up to this position. Only the last checkpoint is kept. */
export const AlertsCheckpointed = z.object({
  type: z.literal('AlertsCheckpointed'),
  data: z.object({ logId: z.string(), position: z.string() }),
});

export const AlertBookEvent = z.discriminatedUnion('type', [AlertsChanged, NotificationPlanned, NotificationAttempted]);
export type AlertBookEvent = z.infer<typeof AlertBookEvent>;
