import type { JsonValue } from '../parameters/index.ts';
import { isSealed } from '../values.ts';
import { MASK } from './mask-text.ts';
import type { SensitiveNames } from './sensitive-names.ts';

/** Shown in place of a sealed value. */
export const SEALED_SHOWN = { sealed: true } as const;

/** A copy of a value in which each sealed value, at any depth, is replaced by `{"sealed": true}`. */
export const maskSealed = (value: unknown): unknown => {
  if (typeof value !== 'object' || value === null) return value;
  if (isSealed(value)) return SEALED_SHOWN;
  if (Array.isArray(value)) return value.map(maskSealed);
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, maskSealed(item)]));
};

/** The shape of a body: the keys, the lengths of lists and null stay; every other value becomes `***`. */
export const shapeOf = (value: JsonValue): JsonValue => {
  switch (typeof value) {
    case 'string':
    case 'number':
    case 'boolean':
      return MASK;
    case 'object':
      if (value === null) return null;
      if (Array.isArray(value)) return value.map(shapeOf);
      return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, shapeOf(item)]));
  }
};

/** Masks the value of every header, so that only the names are recorded. */
export const maskHeaders = (headers: Readonly<Record<string, string>>): Record<string, string> =>
  Object.fromEntries(Object.keys(headers).map((name) => [name, MASK]));

/** Masks the values of sensitive headers. */
export const maskSensitiveHeaders = (
  headers: Readonly<Record<string, string>>,
  names: SensitiveNames,
): Record<string, string> =>
  Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, names.header(name) ? MASK : value]));
