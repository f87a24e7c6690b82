/** Matches the origin at the beginning of a URL: `https://host:port`. */
const AUTHORITY = /^https?:\/\/[^/?#\\]*/i;

type Target = { readonly endpoint?: string | undefined; readonly url?: string | undefined };

/** The origin that a task calls; undefined if it depends on a parameter. */
export const staticOrigin = ({ endpoint, url }: Target): string | undefined => {
  const [authority] = AUTHORITY.exec(url ?? endpoint ?? '') ?? [];
  return authority === undefined || authority.includes('${') ? undefined : URL.parse(authority)?.origin;
};

/**
 * The origin that a task's own secrets may be sent to: the one that the task calls. If that depends on a parameter, it
 * is the text of the target instead, so that a target with any other text counts as another origin.
 */
export const boundOrigin = (target: Target): string => staticOrigin(target) ?? target.url ?? target.endpoint ?? '';
