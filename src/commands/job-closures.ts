import type { JobDefinition } from '../domain/events/index.ts';
import type { Closures } from '../domain/runs/closures.ts';
import type { PauseAuthority } from './pauses/pause-input.ts';

/** What closes spans of time to the slots of jobs, as the log has it by now. */
export type JobClosures = {
  /** The closures of a definition's slots after an instant, epoch ms. */
  closuresOf(definition: JobDefinition, afterMs: number): Promise<Closures>;
  /** Whose pause the job is under: where both are, the installation's. Undefined where it is not paused. */
  pausedBy(
    definition: Pick<JobDefinition, 'tenant' | 'applicationId' | 'timezone' | 'taskConfig'>,
  ): Promise<PauseAuthority | undefined>;
};
