/** Matches the origin at the beginning of a URL: `https://host:port`. */
const AUTHORITY = /^https?:\/\/[^/?#\\]*/i;

type Target = { readonly endpoint?: string | undefined; readonly url?: string | undefined };

/** The origin that a task calls; undefined if it depends on a parameter. */
export const staticOrigin = ({ endpoint, url }: Target): string | undefined => {
  const [authority] = AUTHORITY.exec(url ?? endpoint ?? '') ?? [];
  return authority === undefined || authority.includes('${') ? undefined : originOf(authority);
};

/** Each call asks for the origin of its target, and few targets get most of the calls. */
const origins = new Map<string, string | undefined>();
const MOST_ORIGINS = 1_000;

const originOf = (authority: string): string | undefined => {
  if (origins.has(authority)) return origins.get(authority);
  if (origins.size === MOST_ORIGINS) origins.clear();
  const origin = URL.parse(authority)?.origin;
  origins.set(authority, origin);
  return origin;
};

/**
 * The origin that a task's own secrets may be sent to: the one that the task calls. If that depends on a parameter, it
 * is the text of the target instead, so that a target with any other text counts as another origin.
 */
export const boundOrigin = (target: Target): string => staticOrigin(target) ?? target.url ?? target.endpoint ?? '';

/**
 * What the secret of an OAuth2 client is bound to: the token URL's origin, where it is sent, and the target's, where the
 * access token is sent that it is given for.
 */
export const boundOriginOfClient = (tokenUrl: string, target: Target): string =>
  [boundOrigin({ url: tokenUrl }), boundOrigin(target)].map((origin) => origin.replaceAll(' ', '%20')).join(' for ');

/** The first of these origins that a secret may not be sent to; undefined if it may be sent to all. */
export const refusedOrigin = (allowed: readonly string[] | undefined, origins: readonly string[]): string | undefined =>
  origins.find((origin) => allowed?.includes(origin) === false);

/** The message of a refusal to send a secret to an origin. */
export const mayNotGo = (
  name: string,
  { allowed, origin }: { readonly allowed: readonly string[]; readonly origin: string },
): string => `the secret ${name} may be sent to ${allowed.join(', ')} only, not to ${origin}`;
