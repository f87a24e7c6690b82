import { z } from 'zod';
import { refuseField } from '../domain/refusal.ts';
import { InstantInput, toInstant, toMs } from '../domain/values.ts';
import type { Scope } from '../projections/queries/scope.ts';
import type { Clock } from '../runtime/world.ts';
import { type ExpiryDeps, refuseExpired } from './expired.ts';

export type AsOfDeps = ExpiryDeps & {
  readonly clock: Clock;
  /** When the first event of the log was recorded, epoch ms; undefined for an empty log. */
  readonly logBegan: () => Promise<number | undefined>;
};

/** The query parameter of what can be shown as it was. */
export const asOfQuery = {
  asOf: InstantInput.exactOptional().meta({
    description: 'Shows what was recorded up to this instant, as if the log had ended there; default: all of it',
  }),
};

export const AsOfQuery = z.strictObject(asOfQuery);

/**
 * The scope as of an instant, where one is asked for.
 * @throws Refusal BAD_INPUT where it is still to come, or before the log began; EXPIRED
 */
export const scopeAsOf = async (
  scope: Scope,
  asOf: string | undefined,
  { queries, clock, logBegan }: AsOfDeps,
): Promise<Scope> => {
  if (asOf === undefined) return scope;
  if (toMs(asOf) > clock.now())
    throw refuseField('BAD_INPUT', '/asOf', 'is in the future: name an instant of the past');
  const beganMs = await logBegan();
  if (beganMs !== undefined && toMs(asOf) < beganMs) {
    throw refuseField('BAD_INPUT', '/asOf', `is before the log began, at ${toInstant(beganMs)}`);
  }
  await refuseExpired({ queries }, scope, { from: asOf });
  return { ...scope, asOf };
};
