import type { Commands } from '../commands/index.ts';
import type { EventLog } from '../commands/loop/handle-command.ts';
import type { Queries } from '../projections/queries/index.ts';
import type { Leases } from '../runtime/leased-work.ts';

/** What background work uses from the rest of the process. */
export type OperationContext = EventLog & {
  readonly commands: Commands;
  readonly queries: Queries;
  /** Waits a limited time for the read models to reach the end of the log. Resolves to whether they did. */
  readonly caughtUp: () => Promise<boolean>;
  readonly leases: Leases;
};
