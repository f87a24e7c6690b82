import { type FieldError, Refusal } from '../domain/refusal.ts';

const JSON_TYPE = /^application\/json\s*(?:;\s*charset="?utf-8"?\s*)?$/i;

/**
 * The JSON value of a body; undefined where there is no body.
 * @throws Refusal UNSUPPORTED_MEDIA_TYPE, BAD_JSON, BAD_INPUT
 */
export const parseJsonBody = (bytes: Buffer, contentType: string | undefined): unknown => {
  if (bytes.length === 0) return undefined;
  if (contentType === undefined || !JSON_TYPE.test(contentType)) {
    throw new Refusal('UNSUPPORTED_MEDIA_TYPE', 'the body must be application/json, in UTF-8');
  }
  const value = parse(bytes);
  const errors = unfitParts(value);
  if (errors.length > 0) {
    throw new Refusal('BAD_INPUT', errors.map(({ pointer, message }) => `${pointer}: ${message}`).join('; '), errors);
  }
  return value;
};

const parse = (bytes: Buffer): unknown => {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch {
    throw new Refusal('BAD_JSON', 'the body is not JSON in UTF-8', [{ pointer: '', message: 'is not JSON' }]);
  }
};

const DEEPEST = 64;
const MOST_ERRORS = 20;
/** Names under which a careless reader would reach a prototype. */
const FORBIDDEN_KEYS: ReadonlySet<string> = new Set(['__proto__', 'constructor', 'prototype']);

/** What no part of an input may be, whatever its place: databases can't store it, or readers would trip over it. */
export const unfitParts = (value: unknown): FieldError[] => {
  const errors: FieldError[] = [];
  const waiting: { at: unknown; pointer: string; depth: number }[] = [{ at: value, pointer: '', depth: 0 }];
  for (let next = waiting.pop(); next !== undefined && errors.length < MOST_ERRORS; next = waiting.pop()) {
    const { at, pointer, depth } = next;
    const message = unfit(at, depth);
    if (message !== undefined) errors.push({ pointer, message });
    if (message !== undefined || typeof at !== 'object' || at === null) continue;
    for (const [key, item] of Object.entries(at)) {
      const below = `${pointer}/${key.replaceAll('~', '~0').replaceAll('/', '~1')}`;
      const keyMessage = FORBIDDEN_KEYS.has(key) ? 'is not a name that can be used' : unfit(key, depth);
      if (keyMessage === undefined) waiting.push({ at: item, pointer: below, depth: depth + 1 });
      else errors.push({ pointer: below.toWellFormed().replaceAll('\0', '\u2400'), message: keyMessage });
    }
  }
  return errors;
};

const unfit = (value: unknown, depth: number): string | undefined => {
  if (depth > DEEPEST) return `is nested deeper than ${DEEPEST} levels`;
  if (typeof value === 'number' && !Number.isFinite(value)) return 'is too large a number';
  if (typeof value !== 'string') return undefined;
  if (value.includes('\0')) return 'contains NUL';
  return value.isWellFormed() ? undefined : 'contains half of a surrogate pair';
};
