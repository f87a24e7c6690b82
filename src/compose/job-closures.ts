import type { JobClosures } from '../commands/job-closures.ts';
import { type ClosureBook, closableBy } from '../domain/closures/closure-book.ts';
import type { JobDefinition } from '../domain/events/index.ts';
import { NO_CLOSURES } from '../domain/runs/closures.ts';
import type { EventStore } from '../event-store/port.ts';
import type { Queries } from '../projections/queries/index.ts';
import type { Clock, Logger } from '../world.ts';
import { caughtUpWith } from './caught-up.ts';

/** How long the read models may take to show what the log has. */
const CATCH_UP_MS = 2_000;

type JobClosuresDeps = {
  readonly store: Pick<EventStore, 'end'>;
  readonly queries: Pick<Queries, 'loadClosures' | 'awaitPosition'>;
  readonly clock: Clock;
  readonly log: Logger;
};

/**
 * Looks up in the read models what closes a job. Where they do not answer, nothing does: an engine goes by what it has
 * heard itself, so nothing is called because of that, but slots before an edit may be recorded for another reason.
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
        await caughtUpWith({ store, queries }, CATCH_UP_MS);
        return (await loadFor(definition, afterMs)).closuresOf(closableBy(definition));
      } catch (error) {
        unknown(error);
        return NO_CLOSURES;
      }
    },
    pausedBy: async (definition) => {
      const nowMs = clock.now();
      // Whoever was told of a pause finds it in the read models. If it gets through here, the execution waits.
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
