export { maskSealed, maskSensitiveHeaders, SEALED_SHOWN, shapeOf } from './mask.ts';
export { MASK } from './mask-text.ts';
export { jobSnapshot, recordableResult } from './recordable.ts';
export { secretsOf } from './secrets-of.ts';
export { isSensitiveHeader, isSensitiveName } from './sensitive-names.ts';
export { MIN_STRUCK_LENGTH, type Strike, strikeOut } from './strike-out.ts';
