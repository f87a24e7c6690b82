import type { JobDefinition, RunEvent } from '../../domain/events/index.ts';
import type { Job } from '../../domain/job/job.ts';
import { initialRuns, type Runs } from '../../domain/runs/tail.ts';
import { takeDefinition } from '../../domain/runs/take-definition.ts';
import { compileSchedule, type Schedule } from '../../domain/schedule/index.ts';
import { runsStream } from '../../domain/streams.ts';
import { NO_STREAM, type Position } from '../../event-store/port.ts';
import type { CommandContext } from '../port.ts';
import { type EventLog, handleCommand, type LoadedState } from './handle-command.ts';
import { type LoadedJob, loadJob, loadJobAt, loadRuns } from './load.ts';

type BindState = { readonly runs: Runs; readonly job: LoadedJob; readonly previous: Job };

/**
 * Makes a job's newest definition binding in its stream of runs; nothing where it is already. A command calls it
 * before it answers; the engine that owns the job does where the command died in between.
 * @returns position of what was appended last, undefined for nothing
 */
export const bindDefinition = async (
  log: EventLog,
  jobId: number,
  context: CommandContext,
): Promise<Position | undefined> => {
  const { state, events, position } = await handleCommand(log, {
    stream: runsStream(jobId),
    context,
    load: async (): Promise<LoadedState<BindState>> => {
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
  if (events.length > 0) await untilLookedAt(log.world, state);
  return position;
};

/** What makes the definition binding that a job begins with. */
export const firstTaken = (definition: JobDefinition, nowMs: number): RunEvent[] =>
  takeDefinition(initialRuns, {
    job: { status: definition.enabled ? 'enabled' : 'disabled', definition },
    jobRevision: NO_STREAM + 1,
    previous: undefined,
    nowMs,
  });

/** An engine calls what it claimed so long ago, ms at the most, without a look at the log; after that, it looks. */
export const LONGEST_AHEAD_MS = 500;

/**
 * A slot may be claimed already by an engine that hears of the change too late. A change binds every call that begins
 * after its answer: so the answer waits until the engine would look at the log before it calls.
 */
const untilLookedAt = async ({ clock, timers }: EventLog['world'], { runs }: BindState): Promise<void> => {
  const claimed = runs.open
    .filter(({ trigger }) => trigger === 'schedule')
    .map(({ createdAt }) => Date.parse(createdAt));
  const waitMs = Math.max(0, ...claimed) + LONGEST_AHEAD_MS - clock.now();
  // A clock that was put back must not keep the caller waiting for longer.
  if (waitMs > 0) await timers.sleep(Math.min(waitMs, LONGEST_AHEAD_MS));
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
