import type { ResourceQuotas } from '../../src/commands/resource-quotas.ts';

const unbounded = <T>(_tenant: string, add: (admit: () => Promise<void>) => Promise<T>): Promise<T> =>
  add(async () => {});

/** For commands whose test bounds nothing that a tenant has. */
export const NO_BOUNDS: ResourceQuotas = {
  jobs: unbounded,
  alertRules: unbounded,
  calendars: unbounded,
  pauses: unbounded,
};
