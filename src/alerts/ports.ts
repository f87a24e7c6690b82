import type { EventLog } from '../commands/loop/handle-command.ts';
import type { AttemptOutcome } from '../domain/delivery.ts';
import type { AlertReceiver, AlertRule, NotificationContent } from '../domain/events/index.ts';
import type { Queries } from '../projections/queries/index.ts';
import type { Leases } from '../runtime/leased-work.ts';

export type OutgoingNotification = {
  readonly rule: AlertRule;
  readonly receiver: AlertReceiver;
  readonly notification: NotificationContent;
  /** Whether alerts of the rule are firing now, according to sent notifications; may differ at a later attempt. */
  readonly isFiring: boolean;
};

/**
 * Sends a notification once and returns the outcome; `undefined` if the signal aborted first, so that the outcome is
 * unknown. Never rejects.
 */
export type SendNotification = (
  outgoing: OutgoingNotification,
  signal: AbortSignal,
) => Promise<AttemptOutcome | undefined>;

export type AlertContext = EventLog & {
  readonly logId: string;
  readonly queries: Queries;
  /** Waits a limited time for the read models to reach the end of the log. Resolves to whether they did. */
  readonly caughtUp: () => Promise<boolean>;
  /** Whether this log can make calls, unlike a restored copy. */
  readonly mayNotify: () => Promise<boolean>;
  readonly leases: Leases;
  readonly send: SendNotification;
  /** Called after each delivery attempt. */
  readonly attempted: (receiver: AlertReceiver['type'], outcome: AttemptOutcome['kind'] | 'abandoned') => void;
};
