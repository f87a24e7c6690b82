import { type Closures, NO_CLOSURES } from '../domain/closure/closure.ts';
import { type ClosableDefinition, type ClosureBook, closableBy } from '../domain/closure/closure-book.ts';
import type { PauseAuthority } from '../domain/closure/pauses.ts';
import type { JobDefinition } from '../domain/events/index.ts';
import type { Tenant } from '../domain/values.ts';
import type { Clock, Logger } from '../runtime/world.ts';
import { type CaughtUpDeps, caughtUpWith } from './caught-up.ts';

/** What closes spans of time to the slots of jobs, as the log has it by now. */
export type JobClosures = {
  /** The closures of a definition's slots after an instant, epoch ms. */
  closuresOf(definition: JobDefinition, afterMs: number): Promise<Closures>;
  /** Whose pause the job is under: where both are, the installation's. Undefined where it is not paused. */
  pausedBy(definition: Omit<ClosableDefinition, 'calendar'>): Promise<PauseAuthority | undefined>;
};

type JobClosuresDeps = CaughtUpDeps & {
  readonly queries: {
    loadClosures(
      scope: { readonly tenant: Tenant },
      search: { readonly calendars: readonly string[]; readonly afterMs: number },
    ): Promise<ClosureBook>;
  };
  readonly clock: Clock;
  readonly log: Logger;
};

/**
 * Looks up in the read models what closes a job. If they do not answer, there are no closures. Calls stay right, as
 * engines keep a copy of their own; but a slot before an edit may be recorded with the wrong reason.
 */
export const jobClosuresOf = ({ store, queries, clock, log }: JobClosuresDeps): JobClosures => {
  const loadFor = (
    { tenant, calendar: { exclude = [], include = [] } = {} }: Pick<JobDefinition, 'tenant' | 'calendar'>,
    afterMs: number,
  ): Promise<ClosureBook> => queries.loadClosures({ tenant }, { calendars: [...exclude, ...include], afterMs });
  const unknown = (error: unknown): void => log.warn({ error }, 'what closes a job could not be looked up');

  return {
    closuresOf: async (definition, afterMs) => {
      try {
        await caughtUpWith({ store, queries });
        return (await loadFor(definition, afterMs)).closuresOf(closableBy(definition));
      } catch (error) {
        unknown(error);
        return NO_CLOSURES;
      }
    },
    pausedBy: async (definition) => {
      const nowMs = clock.now();
      // A pause whose command was answered is in the read models. If one is missed here, the execution waits.
      try {
        const book = await loadFor({ ...definition, calendar: undefined }, nowMs);
        if (book.isInstallationPaused(nowMs)) return 'installation';
        return book.pausedUntilMs(closableBy(definition), nowMs) === undefined ? undefined : 'tenant';
      } catch (error) {
        unknown(error);
        return undefined;
      }
    },
  };
};
