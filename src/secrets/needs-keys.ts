import type { JobDefinition } from '../domain/events/index.ts';
import { secretNames } from '../domain/parameters/index.ts';
import { isSealed } from '../domain/values.ts';
import type { ApplicationKeys } from './application-keys.ts';

/** Whether a call of the job opens or seals anything. One that doesn't runs whatever has become of the keys. */
export const needsKeys = ({
  taskConfig,
  confidential = false,
}: Pick<JobDefinition, 'taskConfig' | 'confidential'>): boolean =>
  confidential ||
  taskConfig.auth !== undefined ||
  Object.values(taskConfig.headers ?? {}).some(isSealed) ||
  secretNames(taskConfig).size > 0;

const unreached = (): never => {
  throw new Error('a job without secrets has nothing to open or seal');
};
/** For a job that needs none. */
export const NO_KEYS: ApplicationKeys = { generation: 0, seal: unreached, unseal: unreached, fingerprint: unreached };
