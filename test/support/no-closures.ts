import type { ListLivingEngines } from '../../src/commands/command-deps.ts';
import type { JobClosures } from '../../src/commands/job-closures.ts';
import { NO_CLOSURES } from '../../src/domain/closure/closure.ts';

/** For commands of a test without calendars and pauses. */
export const NEVER_CLOSED: JobClosures = {
  closuresOf: async () => NO_CLOSURES,
  pausedBy: async () => undefined,
  stoppedBy: async () => undefined,
};

/** For commands of a test without engines. */
export const NO_ENGINES: ListLivingEngines = async () => [];
