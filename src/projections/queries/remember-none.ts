import type { Clock } from '../../runtime/runtime.ts';
import type { Projection } from '../projection.ts';
import type { PositionWatch } from './await-position.ts';

/** After this time it is checked again, in case a notification was lost. */
const MAX_AGE_MS = 10_000;

/**
 * Creates the function that makes a frequent check cheap: once it has found nothing in read models, it is not repeated until
 * their rows may have changed.
 */
export const createRememberNone =
  (changesOf: PositionWatch['changesOf'], clock: Clock) =>
  (projections: readonly Projection[], hasAny: () => Promise<boolean>): (() => Promise<boolean>) => {
    let none: { readonly changes: number; readonly atMs: number } | undefined;
    return async () => {
      const changes = projections.reduce((sum, projection) => sum + changesOf(projection), 0);
      const atMs = clock.monotonic();
      if (none?.changes === changes && atMs - none.atMs < MAX_AGE_MS) return false;
      const isAny = await hasAny();
      none = isAny ? undefined : { changes, atMs };
      return isAny;
    };
  };
