export { createTargetCaller } from './caller.ts';
export { createSigner } from './hop.ts';
export type { CallOutcome, CallRequest, ClearResult, ClientTls, PreparedRequest, TargetCaller } from './port.ts';
