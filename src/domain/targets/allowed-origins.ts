/** The first of these origins that a secret may not be sent to; undefined if it may be sent to all. */
export const refusedOrigin = (allowed: readonly string[] | undefined, origins: readonly string[]): string | undefined =>
  origins.find((origin) => allowed?.includes(origin) === false);

/** The message of a refusal to send a secret to an origin. */
export const mayNotGo = (
  name: string,
  { allowed, origin }: { readonly allowed: readonly string[]; readonly origin: string },
): string => `the secret ${name} may be sent to ${allowed.join(', ')} only, not to ${origin}`;
