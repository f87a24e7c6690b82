/** The errors of Node for a certificate, with what they mean. Others of their kind are explained by Node's own message. */
const MEANINGS: Readonly<Record<string, string>> = {
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'its authority is unknown',
  UNABLE_TO_GET_ISSUER_CERT: 'its authority is unknown',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: 'its authority is unknown',
  SELF_SIGNED_CERT_IN_CHAIN: 'its authority is unknown',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'it is self-signed',
  CERT_HAS_EXPIRED: 'it has expired',
  CERT_NOT_YET_VALID: 'it is not valid yet',
};
const OTHERS = /^(?:CERT_|ERR_TLS_CERT_|HOSTNAME_MISMATCH|INVALID_CA|INVALID_PURPOSE)/;

/** Returns why the certificate of a server was rejected; `undefined` for every other error. */
export const certificateProblem = (error: unknown): string | undefined => {
  if (!(error instanceof Error) || !('code' in error) || typeof error.code !== 'string') return undefined;
  return MEANINGS[error.code] ?? (OTHERS.test(error.code) ? error.message : undefined);
};
