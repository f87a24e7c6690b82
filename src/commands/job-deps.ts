import type { Tenant } from '../domain/values.ts';
import type { Log } from './handle-command.ts';
import type { Ids } from './ids.ts';
import type { SecretEdge } from './secret-edge.ts';
import type { TaskEdge } from './task-edge.ts';

export type JobDeps = Log & {
  readonly jobIds: Ids;
  readonly executionIds: Ids;
  readonly applicationIds: Ids;
  readonly tasks: TaskEdge;
  readonly secrets: SecretEdge;
  /** @throws Refusal TOO_MANY_JOBS where the tenant may have no further job */
  readonly admitJob: (tenant: Tenant) => Promise<void>;
};
