import type { LogFields, Logger } from './world.ts';

export type OutageLog = {
  failed(error: unknown): void;
  worked(): void;
};

/**
 * Logs a warning when an operation begins to fail and a line when it works again. Failures in between are logged at
 * debug level.
 * @param what names the operation, in the plural
 */
export const createOutageLog = (log: Logger, what: string, fields: LogFields = {}): OutageLog => {
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
