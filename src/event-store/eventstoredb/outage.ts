import type { World } from '../../world.ts';
import type { Part, Standing } from '../standing.ts';
import { LogAccessDenied, LogSignInRefused } from './failures.ts';

/** How one part of the adapter stands with the log. */
export type Outage = {
  trouble(error: unknown): void;
  over(): void;
};

export type OutageOptions = { readonly standing: Standing; readonly log: World['log'] };

/** What a node refuses is told once as an error, since somebody has to mend it; all else makes the log away. */
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
