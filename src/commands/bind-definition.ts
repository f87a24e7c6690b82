import type { Job } from '../domain/job/job.ts';
import { takeDefinition } from '../domain/runs/take-definition.ts';
import { compileSchedule, type Schedule } from '../domain/schedule/index.ts';
import { runsStream } from '../domain/streams.ts';
import type { Position } from '../event-store/port.ts';
import { beside, handleCommand, type Log } from './handle-command.ts';
import { loadJob, loadJobAt, loadRuns } from './load.ts';
import type { CommandContext } from './port.ts';

/**
 * Makes a job's newest definition binding in its stream of runs; nothing where it is already. A command calls it
 * before it answers; the engine that owns the job does where the command died in between.
 * @returns position of what was appended last, undefined for nothing
 */
export const bindDefinition = async (
  log: Log,
  jobId: number,
  context: CommandContext,
): Promise<Position | undefined> => {
  const { position } = await handleCommand(log, {
    stream: runsStream(jobId),
    context: beside(context),
    load: async () => {
      const { state: runs, revision } = await loadRuns(log.store, jobId);
      const job = await loadJob(log.store, jobId);
      const previous =
        runs.jobRevision < job.definitionRevision ? await loadJobAt(log.store, jobId, runs.jobRevision) : job.state;
      return { state: { runs, job, previous }, revision };
    },
    decide: ({ runs, job, previous }) => {
      if (job.state.status === 'absent') return [];
      return takeDefinition(runs, {
        job: job.state,
        jobRevision: job.definitionRevision,
        previous:
          previous.status === 'absent' ? undefined : { definition: previous.definition, slots: slotsOf(previous) },
        nowMs: log.world.clock.now(),
      });
    },
  });
  return position;
};

/** The slots that a job has due; undefined for one that has none. */
export const slotsOf = (job: Job): Schedule | undefined => {
  switch (job.status) {
    case 'absent':
    case 'disabled':
    case 'deleted':
      return undefined;
    case 'enabled':
      return compileSchedule(job.definition);
  }
};
