import { z } from 'zod';

const UNIT_MS = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 } as const;
type Unit = keyof typeof UNIT_MS;
const isUnit = (text: string): text is Unit => Object.hasOwn(UNIT_MS, text);

const WRITTEN = /^(\d{1,15})([a-z]{1,2})$/;

const FORM = 'must be a whole number and one of ms, s, m, h, d, w, such as "90s"; or a whole number of milliseconds';

/** A duration as it is written: a whole number and a unit, `"90s"`, or a number of milliseconds. */
export const Duration = z.union([z.string(), z.int().min(0, { abort: true })], FORM);
export type Duration = z.infer<typeof Duration>;

/** The milliseconds of a written duration; undefined where it is none. */
const readDuration = (written: Duration): number | undefined => {
  if (typeof written === 'number') return written;
  const [, digits = '', unit = ''] = WRITTEN.exec(written) ?? [];
  if (!isUnit(unit)) return undefined;
  const ms = Number(digits) * UNIT_MS[unit];
  return Number.isSafeInteger(ms) ? ms : undefined;
};

/**
 * The milliseconds of a duration that was checked when it was given.
 * @throws RangeError if it is none
 */
export const durationMs = (written: Duration): number => {
  const ms = readDuration(written);
  if (ms === undefined) throw new RangeError(`${JSON.stringify(written)} is no duration`);
  return ms;
};

type Bounds = { readonly least: Duration; readonly most: Duration };

/** A duration as callers write it, within bounds; kept as it was written. */
export const durationInput = ({ least, most }: Bounds) =>
  Duration.refine((written) => readDuration(written) !== undefined, { error: FORM, abort: true })
    .refine((written) => {
      const ms = durationMs(written);
      return ms >= durationMs(least) && ms <= durationMs(most);
    }, `must be at least ${least} and at most ${most}`)
    .meta({ description: `"90s", or milliseconds; at least ${least} and at most ${most}` });
