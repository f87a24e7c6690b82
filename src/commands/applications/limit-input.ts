import { z } from 'zod';
import { durationInput } from '../../domain/duration.ts';
import { Slug } from '../slug.ts';
import { serverSet } from './value-input.ts';

export const LimitNamed = z.strictObject({ name: Slug });

const MOST_PARALLEL = 10_000;
const MOST_COUNTED = 1_000_000;

export const SetLimit = z
  .strictObject({
    ...serverSet,
    parallel: z.int().min(1).max(MOST_PARALLEL).optional(),
    rate: z
      .strictObject({
        count: z.int().min(1).max(MOST_COUNTED),
        per: durationInput({ least: '1s', most: '31d' }),
      })
      .optional(),
  })
  .refine(({ parallel, rate }) => parallel !== undefined || rate !== undefined, 'give parallel, rate, or both');
