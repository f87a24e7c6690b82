const MAX_WORD = 64;
const WORDS = /[\p{L}\p{N}_]+/gu;

/** The different words of a text, in lower case: letters, digits and underscores in a row, 64 at the most. Pure. */
export const wordsIn = (text: string): string[] => {
  const words = text.toWellFormed().toLowerCase().match(WORDS) ?? [];
  return [...new Set(words.map((word) => [...word].slice(0, MAX_WORD).join('')))];
};

/** Whether a text can be looked for by its words. */
export const hasWords = (text: string): boolean => wordsIn(text).length > 0;
export const NO_WORD = 'must contain letters or digits';
