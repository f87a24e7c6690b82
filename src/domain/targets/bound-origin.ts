/** `https://host:port`, up to what ends it. */
const AUTHORITY = /^https?:\/\/[^/?#\\]*/i;

/**
 * Where the secrets that stand in a task were meant to go: the origin that it calls. Where a parameter decides the origin,
 * it is the target's text itself, so that another text is another place.
 */
export const boundOrigin = ({
  endpoint,
  url,
}: {
  readonly endpoint?: string | undefined;
  readonly url?: string | undefined;
}): string => {
  const text = url ?? endpoint ?? '';
  const [authority] = AUTHORITY.exec(text) ?? [];
  if (authority === undefined || authority.includes('${')) return text;
  return URL.parse(authority)?.origin ?? text;
};
