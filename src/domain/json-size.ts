import { Refusal } from './refusal.ts';

/** Levels of lists and objects that a body may have, one within the other. */
export const DEEPEST = 64;

const QUOTE = 0x22;
const COMMA = 0x2c;
const BACKSLASH = 0x5c;
const SPACE = 0x20;
const [OPEN_LIST, CLOSE_LIST, OPEN_OBJECT, CLOSE_OBJECT] = [0x5b, 0x5d, 0x7b, 0x7d];

/**
 * Checks the size of JSON text before it is parsed, since a value takes many times its bytes in memory. It does not
 * check that the text is JSON.
 * @param most how many values are allowed, lists and objects included
 * @throws Refusal BODY_TOO_LARGE; BAD_INPUT if the text is nested too deeply
 */
export const checkJsonSize = (bytes: Uint8Array, most: number): void => {
  // One value, one more for each comma, and one for each list or object that is not empty.
  let values = 1;
  let depth = 0;
  let previous = 0;
  for (let at = 0; at < bytes.length; at++) {
    const byte = bytes[at] ?? 0;
    if (byte <= SPACE) continue;
    const closes = byte === CLOSE_LIST || byte === CLOSE_OBJECT;
    if (!closes && (previous === OPEN_LIST || previous === OPEN_OBJECT)) values += 1;
    switch (byte) {
      case QUOTE:
        at = endOfText(bytes, at);
        break;
      case COMMA:
        values += 1;
        break;
      case OPEN_LIST:
      case OPEN_OBJECT:
        depth += 1;
        if (depth > DEEPEST + 1) throw tooDeep();
        break;
      case CLOSE_LIST:
      case CLOSE_OBJECT:
        depth -= 1;
        break;
    }
    if (values > most) throw new Refusal('BODY_TOO_LARGE', `it holds more than ${most} values`);
    previous = byte;
  }
};

/** The index of the closing quote of a string that begins at `start`; without one, the end of the bytes. */
const endOfText = (bytes: Uint8Array, start: number): number => {
  for (let at = start + 1; at < bytes.length; at++) {
    if (bytes[at] === BACKSLASH) at += 1;
    else if (bytes[at] === QUOTE) return at;
  }
  return bytes.length;
};

const tooDeep = (): Refusal => {
  const message = `is nested deeper than ${DEEPEST} levels`;
  return new Refusal('BAD_INPUT', `body: ${message}`, [{ pointer: '', message }]);
};
