import { itemValues, refuseItem, WEEKDAYS } from './cron-field.ts';
import type { DayField, DayRule } from './month-days.ts';

export type { DayRule } from './month-days.ts';

const WEEKDAY = new RegExp(`^(${WEEKDAYS}|[0-7])(?:L|#([1-5]))$`, 'i');
const NAMES = WEEKDAYS.split('|');

const monthRule = (item: string): DayRule | undefined => {
  const text = item.toUpperCase();
  if (text === 'L') return { kind: 'last', daysBefore: 0 };
  if (text === 'LW') return { kind: 'last-workday' };
  const before = /^L-([1-9]|[12]\d|30)$/.exec(text)?.[1];
  if (before !== undefined) return { kind: 'last', daysBefore: Number(before) };
  const nearest = /^([1-9]|[12]\d|3[01])W$/.exec(text)?.[1];
  return nearest === undefined ? undefined : { kind: 'nearest-workday', day: Number(nearest) };
};

const weekRule = (item: string): DayRule | undefined => {
  const [, day, nth] = WEEKDAY.exec(item) ?? [];
  if (day === undefined) return undefined;
  const named = NAMES.indexOf(day.toUpperCase());
  const weekday = named === -1 ? Number(day) % 7 : named;
  return nth === undefined ? { kind: 'last-weekday', weekday } : { kind: 'nth-weekday', weekday, nth: Number(nth) };
};

const KINDS = {
  dayOfMonth: { rule: monthRule, bit: (value: number): number => value - 1 },
  dayOfWeek: { rule: weekRule, bit: (value: number): number => value % 7 },
} as const;

export type RuledField = keyof typeof KINDS;

/** The rule that an item of a day field stands for; undefined if it is a plain value, range or step. */
export const dayRule = (name: RuledField, item: string): DayRule | undefined => KINDS[name].rule(item);

/**
 * Reads a day field. Only `*` and `?` leave it unrestricted. `1-31` restricts it, even though it names every day: with
 * a restricted day of week beside it, the pattern fires on the days of either field.
 * @throws ScheduleRefused naming the field
 */
export const readDayField = (name: RuledField, text: string): DayField => {
  if (text === '*' || text === '?') return { restricted: false, mask: 0, rules: [] };
  const { rule, bit } = KINDS[name];
  let mask = 0;
  const rules: DayRule[] = [];
  for (const item of text.split(',')) {
    if (item === '?') throw refuseItem(name, item, 'stands alone, never in a list');
    const special = rule(item);
    if (special !== undefined) rules.push(special);
    else for (const value of itemValues(name, item)) mask |= 1 << bit(value);
  }
  return { restricted: true, mask, rules };
};
