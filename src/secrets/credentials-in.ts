const SCHEME_AND_CREDENTIAL = /^([A-Za-z]+) +(\S.*)$/;

/** The secrets inside a header's value: itself, and what a target may take out of it and echo alone. */
export const credentialsIn = (header: string, value: string): string[] => {
  switch (header.toLowerCase()) {
    case 'authorization':
    case 'proxy-authorization':
      return [value, ...authorizationParts(value)];
    case 'cookie':
      return [value, ...cookieValues(value)];
    default:
      return [value];
  }
};

const authorizationParts = (value: string): string[] => {
  const [, scheme, credential] = SCHEME_AND_CREDENTIAL.exec(value) ?? [];
  if (scheme === undefined || credential === undefined) return [];
  if (scheme.toLowerCase() !== 'basic') return [credential];
  const pair = Buffer.from(credential, 'base64').toString('utf8');
  return [credential, pair, pair.slice(pair.indexOf(':') + 1)];
};

const cookieValues = (value: string): string[] =>
  value
    .split(';')
    .map((pair) => pair.slice(pair.indexOf('=') + 1).trim())
    .filter((part) => part !== '' && part !== value);
