import type { Sync } from '../../bootstrap/sync.ts';
import type { FindExpected } from '../../commands/execution/expected-execution.ts';
import type { Commands } from '../../commands/index.ts';
import type { Preview } from '../../commands/job/preview-job.ts';
import type { AlertRule, TenantErasure } from '../../domain/events/index.ts';
import type { Tenant } from '../../domain/values.ts';
import type { ExplainLog } from '../../explain/explain-log.ts';
import type { Queries } from '../../projections/queries/index.ts';
import type {
  BuildOrder,
  BuildStarted,
  ProjectionView,
  RebuildPlan,
  StoppedProjection,
} from '../../projections/queries/projection-views.ts';
import type { Prover } from '../../proofs/prover.ts';
import type { Clock } from '../../runtime/runtime.ts';
import type { RequestQuotas } from '../callers/quotas.ts';
import type { AsOfDeps } from '../past.ts';

export type RouteDeps = {
  readonly commands: Commands;
  readonly queries: Queries;
  readonly clock: Clock;
  readonly logBegan: AsOfDeps['logBegan'];
  readonly sync: Sync;
  readonly quotas: Pick<RequestQuotas, 'countTrigger' | 'countRuleTest'>;
  readonly preview: Preview;
  readonly expectedOf: FindExpected;
  readonly projections: {
    list(): Promise<readonly ProjectionView[]>;
    /** Those that have stopped or could not be created. */
    stopped(): Promise<readonly StoppedProjection[]>;
    /** @throws DomainError PROJECTION_NOT_FOUND, REBUILD_IN_PROGRESS */
    build(name: string, order: BuildOrder): Promise<readonly BuildStarted[]>;
    /** Returns what a rebuild would do. @throws DomainError PROJECTION_NOT_FOUND */
    plan(name: string): Promise<readonly RebuildPlan[]>;
  };
  readonly explainLog: ExplainLog;
  /** An alert rule as the log has it. */
  readonly alertRule: (tenant: Tenant, name: string) => Promise<AlertRule | undefined>;
  /** The erasure of a tenant as the log has it. */
  readonly erasureOf: (tenant: Tenant) => Promise<TenantErasure | undefined>;
  /** Sends a test to each receiver of a rule. */
  readonly testAlertRule: (rule: AlertRule) => Promise<readonly unknown[]>;
  readonly prover: Prover;
  /** The engines of the installation, as `GET /stats` shows them. */
  readonly engines: () => Promise<readonly Readonly<Record<string, unknown>>[]>;
};
