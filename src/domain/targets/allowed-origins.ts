/** The message of a refusal to send a secret to an origin. */
export const mayNotGo = (
  name: string,
  { allowed, origin }: { readonly allowed: readonly string[]; readonly origin: string },
): string => `the secret ${name} may be sent to ${allowed.join(', ')} only, not to ${origin}`;
