import { AsyncLocalStorage } from 'node:async_hooks';
import type { LogFields } from '../world.ts';

const scope = new AsyncLocalStorage<LogFields>();

/** Runs work of one request or execution: each log line that it writes has these fields, whoever writes it. */
export const inLogScope = <T>(fields: LogFields, work: () => T): T => scope.run(fields, work);

/** The fields of the request or execution that the running code works for; undefined outside of all. */
export const scopedFields = (): LogFields | undefined => scope.getStore();
