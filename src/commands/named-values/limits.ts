import { isDeepStrictEqual } from 'node:util';
import { z } from 'zod';
import { durationMs } from '../../domain/duration.ts';
import { durationInput } from '../../domain/duration-input.ts';
import type { Application, Limit } from '../../domain/events/index.ts';
import { type Tenant, toInstant } from '../../domain/values.ts';
import type { Clock } from '../../runtime/runtime.ts';
import { rejectInUse } from '../job-uses.ts';
import { parseInput, Slug } from '../parse.ts';
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
  rejectUsed: async ({ uses }, limit) => rejectInUse('LIMIT_IN_USE', `limit ${limit.name}`, await uses.ofLimit(limit)),
};

export const newLimit =
  ({ parallel, rate }: Pick<Limit, 'parallel' | 'rate'>): ToBe<Limit> =>
  (stored, set) => {
    if (stored !== undefined && isDeepStrictEqual([stored.parallel, stored.rate], [parallel, rate])) return undefined;
    return { ...set, ...(parallel === undefined ? {} : { parallel }), ...(rate === undefined ? {} : { rate }) };
  };

export const setLimit = setNamed(LIMITS, (input) => ({ toBe: newLimit(parseInput(SetLimit, input)) }));

export const deleteLimit = deleteNamed(LIMITS);

/** Whether the limit of an application leaves room for one more call, as the read models show it. */
export type HasRoom = (limit: { readonly application: Application; readonly name: string }) => Promise<boolean>;

type HasRoomDeps = {
  readonly queries: {
    limitUse(
      scope: { readonly tenant: Tenant },
      limit: { readonly applicationId: number; readonly name: string; readonly since: string },
    ): Promise<{ readonly running: number; readonly begun: number }>;
  };
  readonly clock: Clock;
};

export const hasRoomIn =
  ({ queries, clock }: HasRoomDeps): HasRoom =>
  async ({ application: { tenant, applicationId, limits = [] }, name }) => {
    const limit = limits.find((each) => each.name === name);
    if (limit === undefined) return true;
    const { parallel, rate } = limit;
    const since = toInstant(clock.now() - (rate === undefined ? 0 : durationMs(rate.per)));
    const { running, begun } = await queries.limitUse({ tenant }, { applicationId, name, since });
    return (parallel === undefined || running < parallel) && (rate === undefined || begun < rate.count);
  };
