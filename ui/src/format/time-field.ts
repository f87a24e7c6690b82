import { instantOf, wallOf } from './time.ts';

/** An instant as value of a date-time field in a zone; empty for none. */
export const wallIn = (instant: string, zone: string): string => {
  if (Number.isNaN(Date.parse(instant))) return '';
  const { date, time } = wallOf(instant, zone);
  return `${date}T${time}`;
};

/** The instant in such a field: empty for none, `undefined` while the year is incomplete. */
export const instantIn = (wall: string, zone: string): string | undefined => {
  if (wall === '') return '';
  return /^[1-9]\d{3}-/.test(wall) ? instantOf(wall, zone) : undefined;
};
