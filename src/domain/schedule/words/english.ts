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

/** `09:00`, or `09:00:30` where the seconds are not 0. */
export const clockText = (wallMs: number): string => {
  const time = new Date(wallMs).toISOString().slice(11, 19);
  return time.endsWith(':00') ? time.slice(0, 5) : time;
};

export const dayAndClockText = (wallMs: number): string => `${dayText(wallMs)} ${clockText(wallMs)}`;
