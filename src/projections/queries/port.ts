import type { Position } from '../../event-store/port.ts';
import type { AlertQueries } from './port/alerts.ts';
import type { ApplicationQueries } from './port/applications.ts';
import type { ClosureQueries } from './port/closures.ts';
import type { ExecutionQueries } from './port/executions.ts';
import type { ExpiryQueries } from './port/expiry.ts';
import type { HistoryQueries } from './port/history.ts';
import type { JobQueries } from './port/jobs.ts';
import type { OperationQueries } from './port/operations.ts';
import type { OverviewQueries } from './port/overview.ts';
import type { TenantQueries } from './port/tenants.ts';

/**
 * The queries of the read models, by subject in `port/`. Each may throw QueryTooSlow, QueryAbandoned or
 * PostgresUnavailable (src/db/reader.ts).
 */
export type Queries = ApplicationQueries &
  ClosureQueries &
  JobQueries &
  ExecutionQueries &
  ExpiryQueries &
  OverviewQueries &
  OperationQueries &
  HistoryQueries &
  TenantQueries &
  AlertQueries & {
    /** Resolves to true when every read model has applied the log up to here; to false after the timeout. */
    awaitPosition(position: Position, timeoutMs: number): Promise<boolean>;
  };

export { QueryAbandoned } from '../../db/reader.ts';
