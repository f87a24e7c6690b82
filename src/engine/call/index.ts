export { createTargetCaller } from './caller.ts';
export { createSigner } from './hop.ts';
export type { CallOutcome, CallRequest, ClientTls, OutgoingRequest, TargetCaller } from './port.ts';
