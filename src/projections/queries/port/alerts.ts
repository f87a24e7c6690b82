import type { Alert, AlertRule, Notification } from '../../../domain/events/index.ts';
import type { Revision } from '../../../event-store/port.ts';

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
