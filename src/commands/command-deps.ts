import type { LogHome } from '../domain/events/index.ts';
import type { Tenant } from '../domain/values.ts';
import type { Tracer } from '../telemetry/tracer.ts';
import type { AlertEdge } from './alert-rule/alert-edge.ts';
import type { SlotHistories } from './backfill/slot-histories.ts';
import type { Holdings } from './holdings.ts';
import type { TaskEdge } from './job/task-edge.ts';
import type { JobClosures } from './job-closures.ts';
import type { JobUses } from './job-uses.ts';
import type { ListLivingEngines } from './living-engines.ts';
import type { EventLog } from './loop/handle-command.ts';
import type { AllIds } from './loop/ids.ts';
import type { SecretEdge } from './named-values/secret-edge.ts';

export type CommandDeps = EventLog &
  AllIds & {
    /** Where the log lives now. */
    readonly home: LogHome;
    readonly tasks: TaskEdge;
    readonly secrets: SecretEdge;
    readonly holdings: Holdings;
    /** @throws Refusal TENANT_ERASED if the tenant was erased, or is about to be */
    readonly admitTenant: (tenant: Tenant) => Promise<void>;
    readonly uses: JobUses;
    readonly alerts: AlertEdge;
    readonly jobClosures: JobClosures;
    readonly livingEngines: ListLivingEngines;
    readonly slotHistories: SlotHistories;
    readonly tracer: Tracer;
  };
