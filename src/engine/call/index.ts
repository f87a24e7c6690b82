export { type CallerDeps, createCaller } from './caller.ts';
export type { Caller, CallOutcome, CallRequest, ClearResult, HttpMethod } from './port.ts';
