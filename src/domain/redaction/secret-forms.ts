/** A text inside of JSON. */
export const jsonEscaped = (text: string): string => JSON.stringify(text).slice(1, -1);

export const percentEscaped = (text: string): string => encodeURIComponent(text.toWellFormed());

const escapeAll = (text: string, marks: RegExp): string => text.toWellFormed().replace(marks, encodeURIComponent);

/** What becomes of a text in the path and in the query of a URL (WHATWG: these alone are escaped). */
export const urlEscaped = (text: string): string[] => [
  escapeAll(text.replaceAll('\\', '/'), /[^\x21-\x7e]|["<>`{}^]/gu),
  escapeAll(text, /[^\x21-\x7e]|["<>]/gu).replaceAll("'", '%27'),
];

/** Below this a fragment of base64 would match by chance. */
const MIN_BASE64_LENGTH = 8;

/**
 * base64 of the text alone, and what it looks like inside the base64 of a longer one (`user:secret`): that depends on
 * where it begins, by threes; characters shared with its neighbours are cut.
 */
export const base64Inside = (text: string): string[] => {
  const bytes = Buffer.from(text);
  const inside = [0, 1, 2].map((before) => {
    const encoded = Buffer.concat([Buffer.alloc(before), bytes])
      .toString('base64')
      .replace(/=+$/, '');
    const wholeCharacters = Math.floor(((before + bytes.length) * 8) / 6);
    return encoded.slice(Math.ceil((before * 8) / 6), wholeCharacters);
  });
  const whole = bytes.toString('base64').replace(/=+$/, '');
  return [whole, ...inside].filter((each) => each.length >= MIN_BASE64_LENGTH);
};

/** The likely ways in which a text holds a secret: looked for where it was cut, and where the secret is long. */
export const formsOf = (secret: string): string[] => {
  const base64 = [secret, jsonEscaped(secret)].flatMap(base64Inside);
  return [
    secret,
    percentEscaped(secret),
    ...urlEscaped(secret),
    jsonEscaped(secret),
    jsonEscaped(jsonEscaped(secret)),
    percentEscaped(jsonEscaped(secret)),
    ...base64,
    ...base64.map((text) => text.replaceAll('+', '-').replaceAll('/', '_')),
    Buffer.from(secret).toString('hex'),
  ];
};
