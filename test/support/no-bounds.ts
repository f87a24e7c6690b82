import type { ResourceQuotas } from '../../src/commands/resource-quotas.ts';

const unbounded = <T>(_tenant: string, add: (admit: () => Promise<void>) => Promise<T>): Promise<T> =>
  add(async () => {});

/** For commands of a test without quotas. */
export const NO_BOUNDS: ResourceQuotas = {
  jobs: unbounded,
  alertRules: unbounded,
  calendars: unbounded,
  pauses: unbounded,
};
