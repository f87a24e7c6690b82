import type { World } from '../../world.ts';
import type { Part, Standing } from '../standing.ts';
import { LogAccessDenied, LogSignInRefused } from './failures.ts';

/** Reports the failures and successes of one part of the adapter. */
export type Outage = {
  trouble(error: unknown): void;
  over(): void;
};

export type OutageOptions = { readonly standing: Standing; readonly log: World['log'] };

/**
 * Logs a refusal once, as an error, because an operator must act. Any other failure means that the log is unreachable.
 */
export const createOutage = (part: Part, { standing, log }: OutageOptions): Outage => {
  let refused: string | undefined;
  return {
    trouble: (error) => {
      if (!(error instanceof LogAccessDenied || error instanceof LogSignInRefused)) return standing.failed(part, error);
      if (refused !== error.message) log.error({ error, part }, error.message);
      refused = error.message;
    },
    over: () => {
      refused = undefined;
      standing.worked(part);
    },
  };
};
