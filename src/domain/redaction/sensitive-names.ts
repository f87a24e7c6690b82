/** Tells by its name whether a header, or a parameter of a query, holds a secret. */
export type SensitiveNames = {
  header(name: string): boolean;
  /** Of a parameter in a query: some short names are secrets there and nowhere else. */
  parameter(name: string): boolean;
};

/** Not secret although it ends in `key`: an audit needs it to see which request was repeated. */
const PLAIN = new Set(['idempotency-key']);

/** Anywhere in a name. */
const PART =
  /secret|passw(?:or)?d|passphrase|credential|api-?key|access-?key|bearer|authorization|session|jwt|assertion/;
/** A whole word of a name. */
const WORD = /(?:^|-)(?:cookie2?|auth|sid|pwd|otp|sig|signature)(?:-|$)/;
/** The last word of a name. */
const LAST_WORD = /(?:token|(?:^|-)key)$/;
const QUERY_NAMES = new Set(['code', 'pass', 'pin', 'sas', 'ticket']);

/** `accessKey`, `access_key` and `Access-Key` are one name. */
const wordsOf = (name: string): string =>
  name
    .replace(/([a-z0-9])([A-Z])/g, '$1-$2')
    .toLowerCase()
    .replaceAll(/[_.\s]/g, '-');

/**
 * The names that are known everywhere to stand for secrets (Authorization, cookies, tokens, keys, signatures, sessions
 * and their like) and an operator's own. Letter case doesn't matter, nor whether words are parted by `-`, `_` or case.
 */
export const createSensitiveNames = (operators: readonly string[] = []): SensitiveNames => {
  const own = new Set(operators.map(wordsOf));
  const header = (name: string): boolean => {
    const words = wordsOf(name);
    if (own.has(words)) return true;
    return (PART.test(words) || WORD.test(words) || LAST_WORD.test(words)) && !PLAIN.has(words);
  };
  return { header, parameter: (name) => header(name) || QUERY_NAMES.has(wordsOf(name)) };
};
