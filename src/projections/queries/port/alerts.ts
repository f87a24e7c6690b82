import type { Alert, AlertRule, Notification } from '../../../domain/events/index.ts';
import type { Tenant } from '../../../domain/values.ts';
import type { Revision } from '../../../event-store/port.ts';
import type { ListPage, PageRequest } from './pages.ts';
import type { TenantScope } from './scope.ts';

export type AlertRuleView = { readonly rule: AlertRule; readonly revision: Revision };

/** An alert that is firing, and what became of the notification that told it; absent while it is untold. */
export type AlertView = Omit<Alert, 'toldBy' | 'changedAt' | 'endedAt' | 'ended'> & {
  readonly rule: string;
  readonly notification?: Omit<Notification, 'alerts' | 'more'> | undefined;
};

export type AlertFilter = {
  readonly rule?: string;
  readonly jobId?: number;
  readonly applicationId?: number;
};

/** Of alert rules, their alerts, and what was told of these. */
export type AlertQueries = {
  /** By name, of one tenant. @throws BadCursor */
  listAlertRules(scope: TenantScope, page: PageRequest): Promise<ListPage<AlertRuleView>>;
  getAlertRule(scope: TenantScope, name: string): Promise<AlertRuleView | undefined>;
  countAlertRules(tenant: Tenant): Promise<number>;
  /** Whether any tenant has one. */
  hasAlertRules(): Promise<boolean>;
  /** Of all tenants. */
  allAlertRules(): Promise<readonly AlertRuleView[]>;
  /** The jobs that a rule watches, also those that are disabled. */
  jobsOfAlertRule(rule: Pick<AlertRule, 'tenant' | 'jobId' | 'applicationId'>): Promise<readonly number[]>;
  /** What was told of a rule's alerts, newest first. */
  listNotifications(scope: TenantScope, rule: string): Promise<readonly Notification[]>;
  /** Those that are firing, by rule and job. @throws BadCursor */
  listAlerts(scope: TenantScope, filter: AlertFilter, page: PageRequest): Promise<ListPage<AlertView>>;
};
