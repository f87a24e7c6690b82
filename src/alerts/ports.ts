import type { EventLog } from '../commands/loop/handle-command.ts';
import type { AttemptOutcome } from '../domain/delivery.ts';
import type { AlertReceiver, AlertRule, Notification } from '../domain/events/index.ts';
import type { Queries } from '../projections/queries/index.ts';
import type { Leases } from '../runtime/leased-work.ts';

/** A message to one receiver of a rule. */
export type OutgoingNotification = {
  readonly rule: AlertRule;
  readonly receiver: AlertReceiver;
  readonly notification: Pick<Notification, 'notificationId' | 'at' | 'alerts' | 'more'>;
  /** Whether alerts of the rule are firing now, as receivers were notified; a later attempt may find that changed. */
  readonly isFiring: boolean;
};

/**
 * Sends a notification once and says what became of it; undefined where the signal aborted first, so that nobody knows.
 * Never rejects.
 */
export type SendNotification = (
  outgoing: OutgoingNotification,
  signal: AbortSignal,
) => Promise<AttemptOutcome | undefined>;

/** What watching alert rules takes from the rest of the process. */
export type AlertContext = EventLog & {
  readonly logId: string;
  readonly queries: Queries;
  /** Resolves to whether the read models show all that the log holds now; waits for that, but not for long. */
  readonly caughtUp: () => Promise<boolean>;
  /** Whether this log is one that calls are made from, and no restored copy. */
  readonly mayNotify: () => Promise<boolean>;
  readonly leases: Leases;
  readonly send: SendNotification;
  /** Called after each attempt to deliver. */
  readonly attempted: (receiver: AlertReceiver['type'], outcome: AttemptOutcome['kind'] | 'abandoned') => void;
};
