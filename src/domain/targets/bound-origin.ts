/** `https://host:port`, up to what ends it. */
const AUTHORITY = /^https?:\/\/[^/?#\\]*/i;

type Target = { readonly endpoint?: string | undefined; readonly url?: string | undefined };

/** The origin that a task calls; undefined if it depends on a parameter. */
export const staticOrigin = ({ endpoint, url }: Target): string | undefined => {
  const [authority] = AUTHORITY.exec(url ?? endpoint ?? '') ?? [];
  return authority === undefined || authority.includes('${') ? undefined : URL.parse(authority)?.origin;
};

/**
 * The origin that a task's own secrets are bound to: the one that it calls. If a parameter decides the origin, they are
 * bound to the text of the target, so that any other text counts as another origin.
 */
export const boundOrigin = (target: Target): string => staticOrigin(target) ?? target.url ?? target.endpoint ?? '';
