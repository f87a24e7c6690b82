import { z } from 'zod';
import { durationMs, readDuration, type Duration as Written } from './duration.ts';

const FORM = 'must be a whole number with a unit (ms, s, m, h, d, w), such as "90s", or a whole number of milliseconds';

export const Duration = z.union([z.string(), z.int().min(0, { abort: true })], FORM);

type Bounds = { readonly least: Written; readonly most: Written };

/** A duration as callers write it, within bounds; kept as written. */
export const durationInput = ({ least, most }: Bounds) =>
  Duration.refine((written) => readDuration(written) !== undefined, { error: FORM, abort: true })
    .refine((written) => {
      const ms = durationMs(written);
      return ms >= durationMs(least) && ms <= durationMs(most);
    }, `must be at least ${least} and at most ${most}`)
    .meta({ description: `"90s", or milliseconds; at least ${least} and at most ${most}` });
