export { createTargetCaller } from './caller.ts';
export type { CallOutcome, CallRequest, OutgoingRequest, TargetCaller } from './port.ts';
