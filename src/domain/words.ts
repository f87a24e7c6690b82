const MAX_WORD = 64;
const WORDS = /[\p{L}\p{N}_]+/gu;

/** The distinct words of a text in lower case: letters, digits and underscores, up to 64 characters. */
export const wordsIn = (text: string): string[] => {
  const words = text.toWellFormed().toLowerCase().match(WORDS) ?? [];
  return [...new Set(words.map((word) => [...word].slice(0, MAX_WORD).join('')))];
};

/** Returns whether a text contains searchable words. */
export const hasWords = (text: string): boolean => wordsIn(text).length > 0;
export const NO_WORD = 'must contain letters or digits';
