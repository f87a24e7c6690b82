export {
  createSensitiveNames,
  MASK,
  maskSealed,
  maskSensitiveHeaders,
  SEALED_SHOWN,
  type SensitiveNames,
  shapeOf,
  textsOf,
} from './mask.ts';
export { MIN_STRUCK_LENGTH, messageWithinSize, type Redaction, redact } from './redact.ts';
