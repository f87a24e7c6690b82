/** A URL admits more in a host; no target has that in its name. */
const HOST = /^[a-z0-9._-]+$|^\[[0-9a-f:.]+\]$/;

const withoutFinalDot = (host: string): string => host.replace(/\.$/, '');

/**
 * Reads the name of a target, as a pause gives it: an origin, a host, or a host with a port.
 * @returns it as `targetNames` writes it; undefined if it is none of these
 */
export const parseTargetName = (text: string): string | undefined => {
  const isOrigin = /^https?:\/\//i.test(text);
  const url = URL.parse(isOrigin ? text : `http://${text}`);
  if (url === null || url.href !== `${url.origin}/` || !HOST.test(url.hostname)) return undefined;
  const host = withoutFinalDot(url.hostname);
  if (isOrigin) return `${url.protocol}//${host}${url.port && `:${url.port}`}`;
  // A URL leaves out the port that is its protocol's own.
  const port = url.port || (URL.parse(`https://${text}`)?.port ?? '');
  return port === '' ? host : `${host}:${port}`;
};

/** The names that a pause may give the target with this origin. */
export const targetNames = (origin: string): readonly string[] => {
  const url = URL.parse(origin);
  if (url === null) return [];
  const host = withoutFinalDot(url.hostname);
  const port = url.port || (url.protocol === 'https:' ? '443' : '80');
  return [`${url.protocol}//${host}${url.port && `:${url.port}`}`, host, `${host}:${port}`];
};
