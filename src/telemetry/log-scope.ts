import { AsyncLocalStorage } from 'node:async_hooks';
import type { LogFields, Logger } from '../runtime/runtime.ts';

const scope = new AsyncLocalStorage<LogFields | undefined>();

/** Runs work of one request or execution: each log line written meanwhile has these fields, from any file. */
export const inLogScope = <T>(fields: LogFields, work: () => T): T => scope.run(fields, work);

/** The fields of the request or execution that the running code works for; undefined outside of all. */
export const scopedFields = (): LogFields | undefined => scope.getStore();

/**
 * The logger for what works for all at once, such as a pool of connections or a queue: a request may have it begin, and
 * its lines are of no single one.
 */
export const unscoped = (log: Logger): Logger => ({
  debug: (fields, message) => scope.run(undefined, () => log.debug(fields, message)),
  info: (fields, message) => scope.run(undefined, () => log.info(fields, message)),
  warn: (fields, message) => scope.run(undefined, () => log.warn(fields, message)),
  error: (fields, message) => scope.run(undefined, () => log.error(fields, message)),
});
