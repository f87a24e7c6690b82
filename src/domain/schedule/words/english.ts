import { type FieldName, itemValues } from '../cron-field.ts';

/** `a`, `a and b`, `a, b and c`. */
export const listed = (items: readonly string[]): string => {
  const last = items.at(-1) ?? '';
  return items.length < 2 ? last : `${items.slice(0, -1).join(', ')} and ${last}`;
};

export const counted = (count: number, unit: string): string => `${count} ${unit}${count === 1 ? '' : 's'}`;

const ORDINALS = new Map([
  ['one', 'st'],
  ['two', 'nd'],
  ['few', 'rd'],
]);

const ordinalRules = new Intl.PluralRules('en', { type: 'ordinal' });
/** `1st`, `2nd`, `11th`. */
export const ordinal = (count: number): string => `${count}${ORDINALS.get(ordinalRules.select(count)) ?? 'th'}`;

const NTH = ['first', 'second', 'third', 'fourth', 'fifth'];
/** `first` to `fifth`, `6th`. */
export const nth = (count: number): string => NTH[count - 1] ?? ordinal(count);

export const twoDigits = (value: number): string => String(value).padStart(2, '0');

export const capitalised = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);

/** `2026-01-05` of a wall-clock time in ms, as if the wall clock showed UTC. */
export const dayText = (wallMs: number): string => new Date(wallMs).toISOString().slice(0, 10);

/** `09:00`, or `09:00:30` if the seconds are not 0. */
export const clockText = (wallMs: number): string => {
  const time = new Date(wallMs).toISOString().slice(11, 19);
  return time.endsWith(':00') ? time.slice(0, 5) : time;
};

export const dayAndClockText = (wallMs: number): string => `${dayText(wallMs)} ${clockText(wallMs)}`;

/** What a field of a pattern means, however it was written. */
export type FieldReading =
  | { readonly kind: 'every' }
  | { readonly kind: 'one'; readonly value: number }
  /** `whole`: the steps are the same distance apart from one minute (hour, day) to the next as within it. */
  | {
      readonly kind: 'steps';
      readonly step: number;
      readonly from: number;
      readonly to: number;
      readonly whole: boolean;
    }
  | { readonly kind: 'range'; readonly from: number; readonly to: number }
  | { readonly kind: 'list'; readonly values: readonly number[] };

const BOUNDS = { second: [0, 59], minute: [0, 59], hour: [0, 23], dayOfMonth: [1, 31], month: [1, 12] } as const;
type RangedField = Extract<FieldName, keyof typeof BOUNDS>;

const MIN_RANGE = 3;

/** The values of a field, in order, each once. */
const valuesOf = (name: FieldName, text: string): number[] =>
  [...new Set(text.split(',').flatMap((item) => itemValues(name, item)))].sort((a, b) => a - b);

export const readField = (name: RangedField, text: string): FieldReading => {
  const [lowest, highest] = BOUNDS[name];
  const size = highest - lowest + 1;
  const values = valuesOf(name, text);
  const [from = lowest] = values;
  const to = values.at(-1) ?? highest;
  if (values.length === size) return { kind: 'every' };
  if (values.length === 1) return { kind: 'one', value: from };
  const [, digits] = /^[^,/]+\/(\d+)$/.exec(text) ?? [];
  const step = Number(digits ?? 1);
  if (step > 1) {
    const whole = from === lowest && to + step > highest && size % step === 0;
    return { kind: 'steps', step, from, to: to + step > highest ? highest : to, whole };
  }
  if (values.length >= MIN_RANGE && to - from + 1 === values.length) return { kind: 'range', from, to };
  return { kind: 'list', values };
};
