import { isDeepStrictEqual } from 'node:util';
import { z } from 'zod';
import { durationInput } from '../../domain/duration.ts';
import type { Limit } from '../../domain/events/index.ts';
import { refuseInUse } from '../job-uses.ts';
import { parseInput } from '../parse.ts';
import { Slug } from '../slug.ts';
import { deleteNamed, type NamedValues, setNamed, type ToBe } from './named-value.ts';
import { serverSet } from './value-input.ts';

const MOST_PARALLEL = 10_000;
const MOST_COUNTED = 1_000_000;

/** Set as a whole. */
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

/** One that jobs name is not deleted. */
export const LIMITS: NamedValues<Limit> = {
  kind: 'limit',
  noun: 'limit',
  missing: 'LIMIT_NOT_FOUND',
  nameInput: Slug,
  listOf: ({ limits }) => limits,
  eventOf: (application, { what, list: limits, name: limit }) => ({
    type: `Limit${what}`,
    data: { ...application, limits, limit },
  }),
  refuseUsed: async ({ uses }, limit) => refuseInUse('LIMIT_IN_USE', `limit ${limit.name}`, await uses.ofLimit(limit)),
};

export const limitToBe =
  ({ parallel, rate }: Pick<Limit, 'parallel' | 'rate'>): ToBe<Limit> =>
  (stored, set) => {
    if (stored !== undefined && isDeepStrictEqual([stored.parallel, stored.rate], [parallel, rate])) return undefined;
    return { ...set, ...(parallel === undefined ? {} : { parallel }), ...(rate === undefined ? {} : { rate }) };
  };

export const setLimit = setNamed(LIMITS, (input) => ({ toBe: limitToBe(parseInput(SetLimit, input)) }));

export const deleteLimit = deleteNamed(LIMITS);
