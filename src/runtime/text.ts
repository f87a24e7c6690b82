/** A text on one line that moves nothing in a terminal or a mail: targets and other users have written parts of it. */
export const plain = (text: string): string => text.replace(/[\p{Cc}\p{Zl}\p{Zp}\u202a-\u202e\u2066-\u2069]+/gu, ' ');

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** The text as it can stand in HTML, also in an attribute between quotes. */
export const escapeHtml = (text: string): string => text.replace(/[&<>"']/g, (letter) => ENTITIES[letter] ?? letter);

const ESCAPES = /(?:%[\dA-F]{2})+/gi;

/** Decodes the percent-encoded UTF-8 in a text. Percent signs that begin none, and escapes that are no UTF-8, stay. */
export const decodeEscapes = (text: string): string =>
  text.replace(ESCAPES, (escapes) => {
    try {
      return decodeURIComponent(escapes);
    } catch {
      return escapes;
    }
  });
