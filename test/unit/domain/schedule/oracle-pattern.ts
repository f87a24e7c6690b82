/*
 * Reads a pattern the slow and plain way, for tests: every question is answered from the text again, by trying all
 * values. Nothing here is shared with the engine that it judges.
 */

/** A reading of the clock on the wall. */
export type Wall = {
  readonly year: number;
  readonly month: number;
  readonly day: number;
  readonly hour: number;
  readonly minute: number;
  readonly second: number;
};

const NAMES = 'JAN FEB MAR APR MAY JUN JUL AUG SEP OCT NOV DEC'.split(' ');
const DAYS = 'SUN MON TUE WED THU FRI SAT'.split(' ');

const numberOf = (text: string): number => {
  if (DAYS.includes(text)) return DAYS.indexOf(text);
  if (NAMES.includes(text)) return NAMES.indexOf(text) + 1;
  return Number(text);
};

const plainItem = (item: string, value: number, span: { min: number; max: number }): boolean => {
  const [range = '', step] = item.split('/');
  const [from = '', to] = range.split('-');
  const low = from === '*' ? span.min : numberOf(from);
  let high = to === undefined ? low : numberOf(to);
  if (from === '*' || (to === undefined && step !== undefined)) high = span.max;
  for (let each = low; each <= high; each += step === undefined ? 1 : Number(step)) if (each === value) return true;
  return false;
};

const inList = (text: string, value: number, span: { min: number; max: number }): boolean =>
  text.split(',').some((item) => plainItem(item, value, span));

const weekday = (year: number, month: number, day: number): number =>
  new Date(Date.UTC(year, month - 1, day)).getUTCDay();
const lastDay = (year: number, month: number): number => new Date(Date.UTC(year, month, 0)).getUTCDate();

/** The workday nearest to a day, without leaving the month. */
const nearest = ({ year, month }: Wall, day: number): number => {
  for (const away of [0, -1, 1, -2, 2]) {
    const candidate = day + away;
    const inside = candidate >= 1 && candidate <= lastDay(year, month);
    if (inside && weekday(year, month, candidate) % 6 !== 0) return candidate;
  }
  return 0;
};

const monthDayItem = (item: string, wall: Wall): boolean => {
  const last = lastDay(wall.year, wall.month);
  if (item === 'LW') return wall.day === nearest(wall, last);
  if (item.startsWith('L')) return wall.day === last - Number(item.slice(2));
  if (!item.endsWith('W')) return plainItem(item, wall.day, { min: 1, max: 31 });
  const day = Number(item.slice(0, -1));
  return day <= last && wall.day === nearest(wall, day);
};

const weekDayItem = (item: string, wall: Wall): boolean => {
  const today = weekday(wall.year, wall.month, wall.day);
  const [day = '', nth] = item.split('#');
  if (nth !== undefined) return numberOf(day) % 7 === today && Math.ceil(wall.day / 7) === Number(nth);
  if (item.endsWith('L')) {
    return numberOf(item.slice(0, -1)) % 7 === today && wall.day + 7 > lastDay(wall.year, wall.month);
  }
  return [today, today + 7].some((value) => value <= 7 && plainItem(item, value, { min: 0, max: 7 }));
};

export type OraclePattern = { readonly matches: (wall: Wall) => boolean; readonly followsRealTime: boolean };

export const oraclePattern = (pattern: string): OraclePattern => {
  const parts = pattern.toUpperCase().split(' ');
  const [second = '', minute = '', hour = '', dayOfMonth = '', month = '', dayOfWeek = ''] =
    parts.length === 5 ? ['0', ...parts] : parts;
  const free = (text: string): boolean => text === '*' || text === '?';
  const dayMatches = (wall: Wall): boolean => {
    const byMonth = (): boolean => dayOfMonth.split(',').some((item) => monthDayItem(item, wall));
    const byWeek = (): boolean => dayOfWeek.split(',').some((item) => weekDayItem(item, wall));
    if (free(dayOfMonth)) return free(dayOfWeek) || byWeek();
    return free(dayOfWeek) ? byMonth() : byMonth() || byWeek();
  };
  return {
    matches: (wall) =>
      inList(minute, wall.minute, { min: 0, max: 59 }) &&
      inList(hour, wall.hour, { min: 0, max: 23 }) &&
      inList(second, wall.second, { min: 0, max: 59 }) &&
      inList(month, wall.month, { min: 1, max: 12 }) &&
      dayMatches(wall),
    followsRealTime: hour === '*' || /^\*\/\d+$/.test(hour),
  };
};
