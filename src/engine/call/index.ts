export { type CallerDeps, createCaller } from './caller.ts';
export type { Caller, CallOutcome, CallRequest, ClearResult, HttpMethod, Sent } from './port.ts';
