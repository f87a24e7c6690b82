const SENSITIVE = new Set([
  'authorization',
  'proxy-authorization',
  'cookie',
  'cookie2',
  'set-cookie',
  'set-cookie2',
  'token',
  'key',
  'auth',
  'x-auth',
]);
/** Says which request is repeated, and is no secret: whoever audits wants to see it. */
const PLAIN = new Set(['idempotency-key']);
const SENSITIVE_PART = /secret|passw(?:or)?d|passphrase|credential|api[-_]?key|bearer|(?:token|[-_]key|[-_]signature)$/;

/**
 * Whether what stands under this name is a secret: Authorization, Cookie and their like, names that end in token or
 * -key, and those with secret, password, credential or the like in them. Letter case doesn't matter.
 */
export const isSensitiveName = (name: string): boolean => {
  const lower = name.toLowerCase();
  return SENSITIVE.has(lower) || (SENSITIVE_PART.test(lower) && !PLAIN.has(lower));
};

/** Whether a header's values are secret. */
export const isSensitiveHeader = isSensitiveName;
