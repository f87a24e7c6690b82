import type { Blackouts } from '../domain/closure/closure.ts';
import {
  type ClosableDefinition,
  type ClosureBook,
  calendarNames,
  closableBy,
} from '../domain/closure/closure-book.ts';
import type { PauseAuthority } from '../domain/closure/pauses.ts';
import type { JobDefinition } from '../domain/events/index.ts';
import { awaitReadModels, type CommandReads } from './read-models.ts';

/** Blackouts and pauses of jobs, according to the current log. */
export type JobClosures = {
  /** The blackouts of a definition's slots after an instant, epoch ms; `undefined` if they can't be read. */
  closuresOf(definition: JobDefinition, afterMs: number): Promise<Blackouts | undefined>;
  /** Who paused the job: the installation's pause takes precedence. `undefined` if it is not paused. */
  pausedBy(definition: ClosableDefinition): Promise<PauseAuthority | undefined>;
  /** The bulk operation that is about to stop the job; `undefined` if there is none. */
  stoppedBy(definition: ClosableDefinition): Promise<number | undefined>;
};

type LoadBook = CommandReads['queries']['loadClosures'];

/** Looks up a job's blackouts in the read models. Engines have their own copy. */
export const jobClosuresOf = (reads: CommandReads): JobClosures =>
  closuresBy(reads, async (...requested) => {
    await awaitReadModels(reads);
    return reads.queries.loadClosures(...requested);
  });

/** @param loadNewest loads the current state of the log */
const closuresBy = ({ queries, world: { clock, log } }: CommandReads, loadNewest: LoadBook): JobClosures => {
  const unknown = (error: unknown): undefined => {
    log.warn({ error }, 'the calendars and pauses of a job could not be read');
    return undefined;
  };

  return {
    closuresOf: async (definition, afterMs) => {
      const book = await loadNewest(definition, { calendars: calendarNames(definition.calendar), afterMs }).catch(
        unknown,
      );
      return book?.closuresOf(closableBy(definition));
    },
    pausedBy: async (definition) => {
      const nowMs = clock.now();
      // The read models contain every acknowledged pause. If one is missed here, the execution waits.
      const book = await queries.loadClosures(definition, { calendars: [], afterMs: nowMs }).catch(unknown);
      if (book?.isInstallationPaused(nowMs)) return 'installation';
      return book?.pausedUntilMs(closableBy(definition), nowMs) === undefined ? undefined : 'tenant';
    },
    stoppedBy: async (definition) => {
      const nowMs = clock.now();
      const book = await loadNewest(definition, { calendars: [], afterMs: nowMs }).catch(unknown);
      return book?.pausesAt(closableBy(definition), nowMs).find(({ operationId }) => operationId !== undefined)
        ?.operationId;
    },
  };
};

const DAY_MS = 86_400_000;
/** How long a lookup is reused. */
const RECENT_MS = 1_000;

/**
 * The same for many jobs that are changed simultaneously, as of a moment ago: one lookup per second and tenant. A pause set
 * since then may be missing as the reason of a slot.
 */
export const recentJobClosuresOf = (reads: CommandReads): JobClosures => {
  const books = new Map<string, Promise<ClosureBook>>();
  let sinceMs = Number.NEGATIVE_INFINITY;
  return closuresBy(reads, ({ tenant }, { calendars, afterMs }) => {
    const nowMs = reads.world.clock.monotonic();
    if (nowMs >= sinceMs + RECENT_MS) {
      sinceMs = nowMs;
      books.clear();
    }
    const dayMs = afterMs - (afterMs % DAY_MS);
    const key = JSON.stringify([tenant, calendars, dayMs]);
    const book =
      books.get(key) ??
      awaitReadModels(reads).then(() => reads.queries.loadClosures({ tenant }, { calendars, afterMs: dayMs }));
    books.set(key, book);
    return book;
  });
};
