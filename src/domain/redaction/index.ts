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
export { clientCredentials, secretsOf, sensitiveParameters, textsOf } from './secrets-of.ts';
export { MIN_STRUCK_LENGTH, type Strike, strikeOut } from './strike-out.ts';
