type Request = {
  readonly method: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  /** As it is sent; undefined for none. */
  readonly body: string | undefined;
};

/** A request as a command of a POSIX shell. */
export const formatCurl = ({ method, url, headers, body }: Request): string =>
  [
    `curl -X ${quote(method)} ${quote(url)}`,
    ...Object.entries(headers).map(([name, value]) => `-H ${quote(`${name}: ${value}`)}`),
    ...(body === undefined ? [] : [`--data-raw ${quote(body)}`]),
  ].join(' \\\n  ');

/** Between single quotes a shell takes every character as it is, except for the quote itself. */
const quote = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;
