import type { JobDefinition } from '../domain/events/index.ts';
import { namesSecrets } from '../domain/parameters/index.ts';
import { isSealed } from '../domain/values.ts';
import type { ApplicationKeys } from './application-keys.ts';

/** Tells whether calling a job opens or seals secrets. A job that does not runs even when the keys are unavailable. */
export const needsKeys = ({
  taskConfig,
  confidential = false,
}: Pick<JobDefinition, 'taskConfig' | 'confidential'>): boolean =>
  confidential ||
  taskConfig.auth !== undefined ||
  Object.values(taskConfig.headers ?? {}).some(isSealed) ||
  namesSecrets(taskConfig);

const neverCalled = (): never => {
  throw new Error('a job without secrets has nothing to open or seal');
};
/** Stands in for the keys of a job that needs none. */
export const NO_KEYS: ApplicationKeys = {
  generation: 0,
  seal: neverCalled,
  unseal: neverCalled,
  fingerprint: neverCalled,
};
