import type { JsonValue } from '../parameters/index.ts';
import { MASK } from './mask-text.ts';
import { formsOf } from './secret-forms.ts';
import { looksFor } from './secret-pattern.ts';

/** Takes secret values out of what is about to be recorded. */
export type Strike = {
  text(text: string): string;
  /** At any depth, in keys as well. */
  value(value: JsonValue): JsonValue;
  /** A text that was cut off: the beginning of a secret at its very end goes too. */
  cutText(text: string): string;
};

/**
 * Shorter secrets are struck out only where they are a whole value: inside a text they would match everywhere, and
 * shred it while telling what they are.
 */
export const MIN_STRUCK_LENGTH = 4;

/** Of the secrets that strikes are kept for, in all; an expression is some fifty times as long. */
const KEPT_LENGTH = 100_000;
const kept = new Map<string, Strike>();
let keptLength = 0;

const nothingToStrike: Strike = { text: (text) => text, value: (value) => value, cutText: (text) => text };

const build = (secrets: readonly string[]): Strike => {
  const whole = new Set(secrets);
  const long = secrets.filter((secret) => secret.length >= MIN_STRUCK_LENGTH);
  const looks = long.flatMap(looksFor).sort((a, b) => b.length - a.length);
  const sources = [...new Set(looks.map(({ source }) => source))];
  // Letter case is passed over: a host or the name of a header comes back in lower case.
  const pattern = sources.length === 0 ? undefined : new RegExp(sources.join('|'), 'gi');
  const text = (given: string): string => {
    if (whole.has(given)) return MASK;
    return pattern === undefined ? given : given.replace(pattern, () => MASK);
  };
  const value = (given: JsonValue): JsonValue => {
    switch (typeof given) {
      case 'string':
        return text(given);
      case 'number':
        return whole.has(String(given)) ? MASK : given;
      case 'boolean':
        return given;
      case 'object':
        if (given === null) return null;
        if (Array.isArray(given)) return given.map(value);
        return Object.fromEntries(Object.entries(given).map(([key, item]) => [text(key), value(item)]));
    }
  };
  const cutText = (given: string): string => {
    const struck = text(given);
    for (const form of new Set(long.flatMap(formsOf))) {
      for (let length = Math.min(form.length - 1, struck.length); length >= MIN_STRUCK_LENGTH; length -= 1) {
        if (struck.endsWith(form.slice(0, length))) return struck.slice(0, -length) + MASK;
      }
    }
    return struck;
  };
  return { text, value, cutText };
};

/** Built once for the same secrets, and free where there are none. */
export const strikeOut = (secrets: readonly string[]): Strike => {
  const given = secrets.filter((secret) => secret !== '');
  if (given.length === 0) return nothingToStrike;
  const key = JSON.stringify(given);
  const known = kept.get(key);
  if (known !== undefined) return known;
  const strike = build(given);
  keptLength += key.length;
  if (keptLength > KEPT_LENGTH) {
    kept.clear();
    keptLength = key.length;
  }
  kept.set(key, strike);
  return strike;
};
