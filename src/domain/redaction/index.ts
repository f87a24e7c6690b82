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
export { messageWithinSize } from './recorded-size.ts';
export { MIN_STRUCK_LENGTH, type Redaction, redact } from './redact.ts';
