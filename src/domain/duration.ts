const UNIT_MS = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 } as const;
type Unit = keyof typeof UNIT_MS;
const isUnit = (text: string): text is Unit => Object.hasOwn(UNIT_MS, text);

const WRITTEN = /^(\d{1,15})([a-z]{1,2})$/;

/** A written duration: a whole number and a unit, such as `"90s"`, or a number of milliseconds. */
export type Duration = string | number;

/** Returns a written duration in milliseconds; `undefined` if it is invalid. */
export const readDuration = (written: Duration): number | undefined => {
  if (typeof written === 'number') return written;
  const [, digits = '', unit = ''] = WRITTEN.exec(written) ?? [];
  if (!isUnit(unit)) return undefined;
  const ms = Number(digits) * UNIT_MS[unit];
  return Number.isSafeInteger(ms) ? ms : undefined;
};

/**
 * Returns a validated duration in milliseconds.
 * @throws RangeError if it is invalid
 */
export const durationMs = (written: Duration): number => {
  const ms = readDuration(written);
  if (ms === undefined) throw new RangeError(`${JSON.stringify(written)} is not a duration`);
  return ms;
};
