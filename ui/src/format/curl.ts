type Request = {
  readonly method: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  /** The sent body; `undefined` for none. */
  readonly body: string | undefined;
};

/** Formats a request as a POSIX shell command. Begins with a comment if some values aren't recorded. */
export const formatCurl = (request: Request): string => {
  const { method, url, headers, body } = request;
  const command = [
    `curl -X ${quote(method)} ${quote(url)}`,
    ...Object.entries(headers).map(([name, value]) => `-H ${quote(`${name}: ${value}`)}`),
    ...(body === undefined ? [] : [`--data-raw ${quote(body)}`]),
  ].join(' \\\n  ');
  return hasUnrecorded(request) ? `# ${UNRECORDED}\n${command}` : command;
};

const MARK = '***';
export const UNRECORDED = 'Values shown as *** are not recorded. Replace them before you run this command.';

/** Returns whether a request contains marks in place of secret or confidential values. */
export const hasUnrecorded = ({ url, headers, body = '' }: Request): boolean =>
  [url, body, ...Object.values(headers)].some((text) => text.includes(MARK));

/** Between single quotes, a shell interprets only the quote itself. */
const quote = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;
