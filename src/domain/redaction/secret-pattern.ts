import { base64Inside, formsOf, jsonEscaped, percentEscaped, urlEscaped } from './secret-forms.ts';

/**
 * Regular expressions that find a secret however a target wrote it down: each character may stand escaped for JSON, a
 * URL, a form or HTML, any number of times over. None can run away, although a user chooses the secret and a target
 * the text: what may repeat is always followed by something else.
 */

/** A part of an expression, and how long what it looks for is. */
type Look = { readonly length: number; readonly source: string };

/** What a URL's escape begins with, also where that was escaped again. */
const PERCENT = '%(?:25)*';
const SLASH = `(?:\\\\|${PERCENT}5C)`;
const AND = `(?:&|${PERCENT}26)`;
const NUMBER = `(?:#|${PERCENT}23)`;
const END = `(?:;|${PERCENT}3B)`;
const BREAK = `(?:[\\t\\r\\n]|${SLASH}+[trn]|${PERCENT}0[9AD])*`;
/** Characters that are looked for one by one; backslashes and line breaks in runs of themselves. */
const PARTS = /\\+|[\t\r\n]+|[A-Za-z0-9]+|./gsu;

const HTML_NAMES = new Map([
  ['&', 'amp'],
  ['<', 'lt'],
  ['>', 'gt'],
  ['"', 'quot'],
  ["'", 'apos'],
]);

const literally = (text: string): string => text.replace(/[\\^$.*+?()[\]{}|/-]/g, (mark) => `\\${mark}`);
const hexOf = (code: number, digits: number): string => code.toString(16).padStart(digits, '0');
const percentOf = (bytes: Iterable<number>): string => Array.from(bytes, (byte) => PERCENT + hexOf(byte, 2)).join('');

const sourceOfCharacter = (character: string): string => {
  if (character === '%') return PERCENT;
  const code = character.codePointAt(0) ?? 0;
  const utf8 = Buffer.from(character);
  const name = HTML_NAMES.get(character);
  const named = name === undefined ? '' : `${name}|`;
  const entity = `${AND}(?:amp${END})*(?:${named}${NUMBER}(?:0*${code}|x0*${hexOf(code, 1)}))${END}`;
  return [
    entity,
    literally(character),
    percentOf(utf8),
    Array.from({ length: character.length }, (_, at) => `u${hexOf(character.charCodeAt(at), 4)}`).join(`${SLASH}+`),
    ...(character === ' ' ? ['\\+'] : []),
    // UTF-8 that was read as Latin-1, and Latin-1 in a URL.
    ...(code > 0x7f ? [literally(utf8.toString('latin1'))] : []),
    ...(code > 0x7f && code <= 0xff ? [percentOf([code])] : []),
  ].join('|');
};

/** At its beginning nothing repeats without bound: a long run of backslashes would be walked from each of them. */
const FIRST_SLASHES = `${SLASH}{0,8}`;

const sourceOf = (secret: string): string => {
  const beginning = secret.replace(/^[\\\t\r\n]+/, '');
  if (beginning === '') return literally(secret);
  let source = '';
  let afterSlashes = false;
  for (const [part] of beginning.matchAll(PARTS)) {
    const isSlashes = part.startsWith('\\');
    if (isSlashes) source += `(?:${SLASH}{${part.length},}|(?:/|${PERCENT}2F){${part.length}})`;
    else if (/^[\t\r\n]/.test(part)) source += BREAK;
    else if (/^[A-Za-z0-9]/.test(part)) source += part;
    else source += `${slashesBefore(source, afterSlashes)}(?:${sourceOfCharacter(part)})`;
    afterSlashes = isSlashes;
  }
  return source;
};

const slashesBefore = (source: string, afterSlashes: boolean): string => {
  if (afterSlashes) return '';
  return source === '' ? FIRST_SLASHES : `${SLASH}*`;
};

const BASE64_MARKS = new Map([
  ['+', `(?:[+-]|${PERCENT}2B)`],
  ['/', `${SLASH}{0,8}(?:[/_]|${PERCENT}2F)`],
]);
const base64Source = (base64: string): string => base64.replace(/[+/]/g, (mark) => BASE64_MARKS.get(mark) ?? mark);

/** What a target may put into base64: the secret, or a text that holds it escaped. */
const beforeBase64 = (secret: string): string[] => {
  const json = jsonEscaped(secret);
  const inUrl = urlEscaped(secret);
  const inJson = [json, jsonEscaped(json), ...inUrl.map(jsonEscaped)];
  return [secret, ...inJson, percentEscaped(secret), percentEscaped(json), ...inUrl];
};

/**
 * A longer secret is looked for in its likely forms, letter by letter: a target could make the search for all of them
 * last for seconds.
 */
const LONGEST_TOLERANT = 512;

/** The beginning that is sent where the secret stands in a URL and its rest is taken for a fragment. */
const MIN_BEGINNING = 8;

/** Looks for a secret; those that find more come first where they are tried by falling length. */
export const looksFor = (secret: string): Look[] => {
  if (secret.length > LONGEST_TOLERANT) {
    return formsOf(secret).map((form) => ({ length: form.length, source: literally(form) }));
  }
  const fragment = secret.indexOf('#');
  const beginning = fragment >= MIN_BEGINNING ? [secret.slice(0, fragment)] : [];
  const hex = Buffer.from(secret).toString('hex');
  return [
    ...[secret, ...beginning].map((text) => ({ length: text.length, source: sourceOf(text) })),
    ...[...new Set(beforeBase64(secret).flatMap(base64Inside))].map((text) => ({
      length: text.length,
      source: base64Source(text),
    })),
    { length: hex.length, source: hex },
  ];
};
