import type { JobDefinition } from '../domain/events/index.ts';
import type { Closures } from '../domain/runs/closures.ts';

/** What closes spans of time to the slots of jobs, as the log has it by now. */
export type JobClosures = {
  /** The closures of a definition's slots after an instant, epoch ms. */
  closuresOf(definition: JobDefinition, afterMs: number): Promise<Closures>;
  /** Whether the job is paused. */
  isPaused(definition: Pick<JobDefinition, 'tenant' | 'applicationId' | 'timezone' | 'taskConfig'>): Promise<boolean>;
};
