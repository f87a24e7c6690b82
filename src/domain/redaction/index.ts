export {
  createSensitiveNames,
  MASK,
  maskSealed,
  maskSensitiveHeaders,
  SEALED_SHOWN,
  type SensitiveNames,
  shapeOf,
} from './mask.ts';
export { confidentialResult, jobSnapshot, recordableResult } from './recordable.ts';
export { messageWithinSize } from './recorded-size.ts';
export { MIN_STRUCK_LENGTH, type Redaction, redact } from './redact.ts';
export { clientCredentials, secretsOf, sensitiveParameters, textsOf } from './secrets-of.ts';
