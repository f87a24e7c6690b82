import { unescapeOnce } from './unescape.ts';
import { viewOf } from './view.ts';

/** Escapes over escapes are undone so many times; what is nested deeper is masked whole. */
export const MOST_LAYERS = 10;

/** The beginning that is sent where the secret stands in a URL and its rest is taken for a fragment. */
const MIN_BEGINNING = 8;

/**
 * What a secret may read like once the escapes around it are undone: as it is, with its own escapes undone, as a URL
 * or a wrong reading of its bytes has it.
 */
export const formsOf = (secret: string): string[] => {
  const fragment = secret.indexOf('#');
  const forms = [
    secret,
    // What UTF-8 makes of half a pair.
    secret.toWellFormed(),
    // UTF-8 that was read as Latin-1; also what base64 and hexadecimal decode to here.
    Buffer.from(secret).toString('latin1'),
    // The path of a URL has slashes only.
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
