export { createCaller } from './caller.ts';
export type { Caller, CallOutcome, CallRequest, Sent } from './port.ts';
