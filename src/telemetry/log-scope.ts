import { AsyncLocalStorage } from 'node:async_hooks';
import type { LogFields, Logger } from '../runtime/runtime.ts';

const scope = new AsyncLocalStorage<LogFields | undefined>();

/** Runs work of one request or execution: every log line of the work has these fields. */
export const inLogScope = <T>(fields: LogFields, work: () => T): T => scope.run(fields, work);

/** The fields of the request or execution that the running code works for; `undefined` outside. */
export const scopedFields = (): LogFields | undefined => scope.getStore();

/**
 * The logger of shared parts, such as a connection pool or a queue: even if a request starts them, their lines belong to no
 * request.
 */
export const unscoped = (log: Logger): Logger => ({
  debug: (fields, message) => scope.run(undefined, () => log.debug(fields, message)),
  info: (fields, message) => scope.run(undefined, () => log.info(fields, message)),
  warn: (fields, message) => scope.run(undefined, () => log.warn(fields, message)),
  error: (fields, message) => scope.run(undefined, () => log.error(fields, message)),
});
