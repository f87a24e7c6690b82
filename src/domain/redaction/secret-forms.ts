const lowerEscapes = (text: string): string => text.replace(/%[0-9A-F]{2}/g, (code) => code.toLowerCase());

const percentForms = (secret: string): string[] => {
  const escaped = encodeURIComponent(secret.toWellFormed());
  const strict = escaped.replace(/[!'()*]/g, (mark) => `%${mark.charCodeAt(0).toString(16).toUpperCase()}`);
  const form = strict.replaceAll('%20', '+');
  return [escaped, strict, form].flatMap((text) => [text, lowerEscapes(text)]);
};

const jsonForms = (secret: string): string[] => {
  const escaped = JSON.stringify(secret).slice(1, -1);
  const ascii = escaped.replace(
    /[\u0080-\uffff]/g,
    (letter) => `\\u${letter.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
  return [escaped, ascii, escaped.replaceAll('/', '\\/')];
};

/** Below this a fragment of base64 would match by chance. */
const MIN_BASE64_LENGTH = 8;

/**
 * base64 of the secret alone, and what it looks like inside the base64 of a longer text (`user:secret`): that depends
 * on where it begins, by threes; characters shared with its neighbours are cut.
 */
const base64Forms = (secret: string): string[] => {
  const bytes = Buffer.from(secret);
  const inside = [0, 1, 2].map((before) => {
    const encoded = Buffer.concat([Buffer.alloc(before), bytes]).toString('base64url');
    const wholeCharacters = Math.floor(((before + bytes.length) * 8) / 6);
    return encoded.slice(Math.ceil((before * 8) / 6), wholeCharacters);
  });
  const url = [bytes.toString('base64url'), ...inside].filter((text) => text.length >= MIN_BASE64_LENGTH);
  const standard = url.map((text) => text.replaceAll('-', '+').replaceAll('_', '/'));
  // As a base64 value stands in a URL or in JSON.
  return [
    ...url,
    ...standard,
    ...standard.map(encodeURIComponent),
    ...standard.map((text) => text.replaceAll('/', '\\/')),
  ];
};

const HTML = new Map([
  ['&', '&amp;'],
  ['<', '&lt;'],
  ['>', '&gt;'],
  ['"', '&quot;'],
  ["'", '&#39;'],
]);
const htmlForm = (secret: string): string => secret.replace(/[&<>"']/g, (mark) => HTML.get(mark) ?? mark);

/** The ways a target may echo a secret: as it is, percent-, form-, JSON-, HTML-escaped, in base64 and hexadecimal. */
export const formsOf = (secret: string): string[] => {
  const hex = Buffer.from(secret).toString('hex');
  return [
    secret,
    ...percentForms(secret),
    ...jsonForms(secret),
    ...base64Forms(secret),
    htmlForm(secret),
    hex,
    hex.toUpperCase(),
  ];
};
