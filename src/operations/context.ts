import type { Commands } from '../commands/index.ts';
import type { EventLog } from '../commands/loop/handle-command.ts';
import type { Queries } from '../projections/queries/index.ts';
import type { Leases } from '../runtime/leased-work.ts';

/** What all work in the background takes from the rest of the process. */
export type OperationContext = EventLog & {
  readonly commands: Commands;
  readonly queries: Queries;
  /** Resolves to whether the read models show all that the log holds now; waits for that, but not for long. */
  readonly caughtUp: () => Promise<boolean>;
  readonly leases: Leases;
};
