/** `https://host:port`, up to what ends it. */
const AUTHORITY = /^https?:\/\/[^/?#\\]*/i;

type Target = { readonly endpoint?: string | undefined; readonly url?: string | undefined };

/** The origin that a task calls whatever its parameters are; undefined where one of them decides it. */
export const staticOrigin = ({ endpoint, url }: Target): string | undefined => {
  const [authority] = AUTHORITY.exec(url ?? endpoint ?? '') ?? [];
  return authority === undefined || authority.includes('${') ? undefined : URL.parse(authority)?.origin;
};

/**
 * Where the secrets that stand in a task were meant to go: the origin that it calls. Where a parameter decides the origin,
 * it is the target's text itself, so that another text is another place.
 */
export const boundOrigin = (target: Target): string => staticOrigin(target) ?? target.url ?? target.endpoint ?? '';
