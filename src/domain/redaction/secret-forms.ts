import { unescapeOnce } from './unescape.ts';
import { viewOf } from './view.ts';

/** How many layers of escapes are undone, one inside the other. A value with more is masked whole. */
export const MOST_LAYERS = 10;

/** In a URL, the `#` in a secret begins a fragment, and only the part before it is sent. A shorter part is no form. */
const MIN_BEGINNING = 8;

/**
 * The forms in which a secret may occur in a text whose escapes were undone: the secret itself, what a URL or a wrong
 * character encoding makes of it, and each of these with its own escapes undone.
 */
export const formsOf = (secret: string): string[] => {
  const fragment = secret.indexOf('#');
  const forms = [
    secret,
    // UTF-8 cannot encode half of a surrogate pair and replaces it.
    secret.toWellFormed(),
    // UTF-8 that was read as Latin-1, as `decodedRuns` reads base64 and hexadecimal.
    Buffer.from(secret).toString('latin1'),
    // A URL turns the backslashes of its path into slashes.
    secret.replaceAll('\\', '/'),
    ...(fragment >= MIN_BEGINNING ? [secret.slice(0, fragment)] : []),
  ];
  return [...new Set(forms.flatMap((form) => [form, withoutEscapes(form)]))];
};

const withoutEscapes = (text: string): string => {
  let view = viewOf(text);
  for (let layer = 0; layer < MOST_LAYERS; layer++) {
    const inner = unescapeOnce(view);
    if (inner === undefined) break;
    view = inner;
  }
  return view.text;
};
