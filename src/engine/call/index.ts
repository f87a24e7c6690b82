export { createTargetCaller } from './caller.ts';
export { createSigner } from './hop.ts';
export type {
  CallOutcome,
  CallRequest,
  ClearResult,
  ClientTls,
  OwnParts,
  PreparedRequest,
  TargetCaller,
  TargetRequest,
} from './port.ts';
