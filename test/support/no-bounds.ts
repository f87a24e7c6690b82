import type { Holdings } from '../../src/commands/holdings.ts';

const unbounded = <T>(_tenant: string, add: (admit: () => Promise<void>) => Promise<T>): Promise<T> =>
  add(async () => {});

/** For commands whose test bounds nothing that a tenant has. */
export const NO_BOUNDS: Holdings = { jobs: unbounded, alertRules: unbounded, calendars: unbounded, pauses: unbounded };
