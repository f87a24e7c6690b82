import type { Commands } from '../commands/index.ts';
import type { Tenant } from '../domain/values.ts';
import type { Queries } from '../projections/queries/index.ts';
import type { Leases } from '../runtime/leased-work.ts';
import type { Tracer } from '../telemetry/tracer.ts';

/** What carrying out an operation takes from the rest of the process. */
export type OperationPorts = {
  readonly commands: Pick<
    Commands,
    'enableJob' | 'disableJob' | 'triggerJob' | 'labelJob' | 'deleteJob' | 'rerunExecution' | 'cancelExecution'
  >;
  readonly queries: Pick<Queries, 'openOperations' | 'selectItems' | 'countItems'>;
  /** Resolves to whether the read models show all that the log holds now; waits for that, but not for long. */
  readonly caughtUp: () => Promise<boolean>;
  readonly leases: Leases;
  /** Counts an execution that is asked for. @throws QuotaUsedUp */
  readonly countTrigger: (tenant: Tenant) => void;
  readonly tracer: Tracer;
};
