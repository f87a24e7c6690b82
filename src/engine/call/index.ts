export { createTargetCaller } from './caller.ts';
export type { CallOutcome, CallRequest, ClientTls, OutgoingRequest, TargetCaller } from './port.ts';
export { createSigner } from './signature.ts';
