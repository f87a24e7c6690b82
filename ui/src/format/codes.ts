/** Converts codes and names of the API to text. */

/** Words that are not written in lower case. */
const ABBREVIATIONS: ReadonlyMap<string, string> = new Map(
  ['API', 'DNS', 'HTTP', 'ID', 'IP', 'JSON', 'OAuth2', 'TLS', 'URL'].map((word) => [word.toLowerCase(), word]),
);

const formatWords = (words: readonly string[]): string =>
  capital(words.map((word) => ABBREVIATIONS.get(word.toLowerCase()) ?? word.toLowerCase()).join(' '));

export const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);

/** `BAD_COMBINATION` as `Bad combination`. */
export const formatCode = (code: string): string => formatWords(code.split('_').filter((word) => word !== ''));

/** `setApplicationLimit` as `Set application limit`. */
export const formatAction = (action: string): string => formatWords(action.split(/(?<=[a-z0-9])(?=[A-Z])/));
