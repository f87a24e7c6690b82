import type { ClosureTable } from '../../src/engine/jobs/closures.ts';
import type { LoadSchedule, Membership } from '../../src/engine/ports.ts';
import type { RunTask } from '../../src/engine/run/send-task.ts';
import type { EventStore } from '../../src/event-store/port.ts';
import type { MemoryLog } from '../support/memory-log.ts';

/** A bug planted between the product and the simulation, to see that the books find it. */
export type Sabotage = {
  readonly store?: (store: EventStore, log: MemoryLog, process: string) => EventStore;
  readonly membership?: (membership: Membership) => Membership;
  readonly loadSchedule?: (loadSchedule: LoadSchedule) => LoadSchedule;
  readonly closures?: (closures: ClosureTable) => ClosureTable;
  readonly runTask?: (runTask: RunTask, store: EventStore) => RunTask;
};
