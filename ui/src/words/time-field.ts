/** An instant as a field for a date and a time has it, in the time of this browser; empty where there is none. */
export const wallIn = (instant: string): string => {
  const atMs = Date.parse(instant);
  if (Number.isNaN(atMs)) return '';
  const local = new Date(atMs - new Date(atMs).getTimezoneOffset() * MINUTE_MS);
  return local.toISOString().slice(0, 'YYYY-MM-DDThh:mm'.length);
};
const MINUTE_MS = 60_000;

/** The instant that such a field shows: empty where it shows none, undefined while the year is still being typed. */
export const instantIn = (wall: string): string | undefined => {
  if (wall === '') return '';
  return /^[1-9]\d{3}-/.test(wall) ? new Date(wall).toISOString() : undefined;
};
