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
