import type { LogFields, Logger } from '../world.ts';

export type Outage = {
  failed(error: unknown): void;
  worked(): void;
};

/**
 * Tells the process log once when something begins to fail, and once when it works again: not of each try between.
 * @param what fails, in the plural
 */
export const createOutage = (log: Logger, what: string, fields: LogFields = {}): Outage => {
  let failures = 0;
  return {
    failed: (error) => {
      failures += 1;
      log[failures === 1 ? 'warn' : 'debug']({ ...fields, error, failures }, `${what} fail`);
    },
    worked: () => {
      if (failures > 0) log.info({ ...fields, failures }, `${what} work again`);
      failures = 0;
    },
  };
};
