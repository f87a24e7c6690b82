import { type FieldName, itemValues } from '../cron-field.ts';

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
export type RangedField = Extract<FieldName, keyof typeof BOUNDS>;

const MIN_RANGE = 3;

/** The values of a field, in order, each once. */
export const valuesOf = (name: FieldName, text: string): number[] =>
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
