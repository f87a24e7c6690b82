export { maskSealed, maskSensitiveHeaders, SEALED_SHOWN, shapeOf } from './mask.ts';
export { MASK } from './mask-text.ts';
export { confidentialResult, jobSnapshot, recordableResult } from './recordable.ts';
export { messageWithinSize } from './recorded-size.ts';
export { clientCredentials, secretsOf, textsOf } from './secrets-of.ts';
export { createSensitiveNames, type SensitiveNames } from './sensitive-names.ts';
export { MIN_STRUCK_LENGTH, type Strike, strikeOut } from './strike-out.ts';
