import type { World } from '../../runtime/world.ts';
import type { Availability, StorePart } from '../availability.ts';
import { LogAccessDenied, LogSignInRefused } from './failures.ts';

/** Reports the failures and successes of one part of the adapter. */
export type Outage = {
  trouble(error: unknown): void;
  over(): void;
};

export type OutageOptions = { readonly availability: Availability; readonly log: World['log'] };

/**
 * Logs a refusal once, as an error, because an operator must act. Any other failure means that the log is unreachable.
 */
export const createOutage = (part: StorePart, { availability, log }: OutageOptions): Outage => {
  let refused: string | undefined;
  return {
    trouble: (error) => {
      if (!(error instanceof LogAccessDenied || error instanceof LogSignInRefused))
        return availability.failed(part, error);
      if (refused !== error.message) log.error({ error, part }, error.message);
      refused = error.message;
    },
    over: () => {
      refused = undefined;
      availability.worked(part);
    },
  };
};
