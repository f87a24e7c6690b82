import { isDeepStrictEqual } from 'node:util';
import { z } from 'zod';
import { defined } from '../../domain/defined.ts';
import { durationInput } from '../../domain/duration-input.ts';
import type { Limit } from '../../domain/events/index.ts';
import { parseInput, Slug } from '../parse.ts';
import { rejectInUse } from '../read-models.ts';
import { deleteNamed, type NamedValues, serverSet, setNamed, type ToBe } from './named-value.ts';

const MAX_PARALLEL = 10_000;
const MAX_COUNTED = 1_000_000;

/** Set as a whole. */
export const SetLimit = z
  .strictObject({
    ...serverSet,
    parallel: z.int().min(1).max(MAX_PARALLEL).optional(),
    rate: z
      .strictObject({
        count: z.int().min(1).max(MAX_COUNTED),
        per: durationInput({ least: '1s', most: '31d' }),
      })
      .optional(),
  })
  .refine(({ parallel, rate }) => parallel !== undefined || rate !== undefined, 'give parallel, rate, or both');

/** A limit that jobs use can't be deleted. */
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
  rejectUsed: async ({ uses }, limit) => rejectInUse('LIMIT_IN_USE', `limit ${limit.name}`, await uses.ofLimit(limit)),
};

export const newLimit =
  ({ parallel, rate }: Pick<Limit, 'parallel' | 'rate'>): ToBe<Limit> =>
  (stored, set) => {
    if (stored !== undefined && isDeepStrictEqual([stored.parallel, stored.rate], [parallel, rate])) return undefined;
    return { ...set, ...defined({ parallel, rate }) };
  };

export const setLimit = setNamed(LIMITS, (input) => ({ toBe: newLimit(parseInput(SetLimit, input)) }));

export const deleteLimit = deleteNamed(LIMITS);
