import { instantOf, wallOf } from './time.ts';

/** An instant as a field for a date and a time has it, by the clock of a zone; empty where there is none. */
export const wallIn = (instant: string, zone: string): string => {
  if (Number.isNaN(Date.parse(instant))) return '';
  const { date, time } = wallOf(instant, zone);
  return `${date}T${time}`;
};

/** The instant that such a field shows: empty where it shows none, undefined while the year is still being typed. */
export const instantIn = (wall: string, zone: string): string | undefined => {
  if (wall === '') return '';
  return /^[1-9]\d{3}-/.test(wall) ? instantOf(wall, zone) : undefined;
};
