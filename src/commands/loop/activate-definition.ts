import { type Blackouts, NO_CLOSURES } from '../../domain/closure/closure.ts';
import { withMovedSlots } from '../../domain/closure/shift.ts';
import type { EventOf } from '../../domain/events/index.ts';
import { initialRuns, type Runs } from '../../domain/execution/tail.ts';
import { takeDefinition } from '../../domain/execution/take-definition.ts';
import type { Job } from '../../domain/job/job.ts';
import { rulesOf } from '../../domain/job/rules.ts';
import { compileSchedule, type JobSlots, jobSlots } from '../../domain/schedule/index.ts';
import { runsStream } from '../../domain/streams.ts';
import { NO_STREAM, type Position } from '../../event-store/port.ts';
import type { CommandContext } from '../command.ts';
import type { JobClosures } from '../job-closures.ts';
import { type EventLog, handleCommand, type LoadedState } from './handle-command.ts';
import { type LoadedJob, loadJob, loadJobAt, loadRuns } from './load.ts';
import type { FollowUp } from './names.ts';

/** The log, with the blackouts of jobs. */
export type JobLog = EventLog & { readonly jobClosures: Pick<JobClosures, 'closuresOf'> };

type BindState = {
  readonly runs: Runs;
  /** With the definition to activate. */
  readonly job: LoadedJob;
  /** Whether that is the job's newest definition. */
  readonly isNewest: boolean;
  readonly previous: Job;
  readonly closures: Blackouts;
  readonly newClosures: Blackouts;
};

/**
 * Activates a job's newest definition by recording it in the job's stream of runs, unless it is active already. Call this
 * before deciding by the newest definition: the process that changed it may have died before recording
 * `DefinitionActivated`.
 */
export const activateDefinition = async (log: JobLog, jobId: number, context: CommandContext): Promise<void> => {
  const { state, events } = await bind(log, jobId, context);
  if (events.length > 0) await untilLookedAt(log.world, state);
};

/**
 * The same for the command that made the change, before it responds. Also waits if another process has activated the
 * definition, possibly just now.
 * @returns position of the last appended event; `undefined` if there was none
 */
export const activateChange = async (
  log: JobLog,
  jobId: number,
  context: CommandContext,
): Promise<Position | undefined> => {
  const { state, position } = await bind(log, jobId, context);
  await untilLookedAt(log.world, state);
  return position;
};

const bind = async (log: JobLog, jobId: number, context: CommandContext) => {
  for (;;) {
    const bound = await bindOnce(log, jobId, context);
    const { events, state } = bound;
    if (events.length === 0) return bound;
    if (state.isNewest && events.some(({ type }) => type === 'DefinitionActivated')) return bound;
  }
};

const FIRST = NO_STREAM + 1;

/**
 * A job that had no definition in force, with its first one. That comes before any newer one: the creation may have been
 * acknowledged, and its process have died before the activation. So the job's slots since its creation are due.
 */
const withFirstDefinition = async ({ store }: JobLog, jobId: number, newest: LoadedJob): Promise<LoadedJob> => {
  if (newest.definitionRevision <= FIRST) return newest;
  const state = await loadJobAt(store, jobId, FIRST);
  return state.status === 'absent' ? newest : { ...newest, state, definitionRevision: FIRST };
};

/** Activates the definition, or ends some of the executions that wait and are no longer needed. */
const bindOnce = (log: JobLog, jobId: number, context: CommandContext) =>
  handleCommand(log, {
    stream: runsStream(jobId),
    context,
    load: async (): Promise<LoadedState<BindState>> => {
      const [{ state: runs, revision }, newest] = await Promise.all([
        loadRuns(log.store, jobId),
        loadJob(log.store, jobId),
      ]);
      const job = runs.jobRevision === NO_STREAM ? await withFirstDefinition(log, jobId, newest) : newest;
      const previous =
        runs.jobRevision < job.definitionRevision ? await loadJobAt(log.store, jobId, runs.jobRevision) : job.state;
      // If they can't be read, a slot before the change may be recorded with the wrong reason.
      const [closures = NO_CLOSURES, newClosures = NO_CLOSURES] = await Promise.all([
        closuresOfUnsettled(log, runs, previous),
        moves(job.state) ? closuresOfUnsettled(log, runs, job.state) : NO_CLOSURES,
      ]);
      return { state: { runs, job, isNewest: job === newest, previous, closures, newClosures }, revision };
    },
    decide: ({ runs, job, previous, closures, newClosures }) => {
      if (job.state.status === 'absent') return [];
      const { definition } = job.state;
      const nowMs = previous.status === 'absent' ? Date.parse(definition.createdAt) : log.world.clock.now();
      const rules = rulesOf(definition);
      const { slots } = withMovedSlots({ rules, slots: slotsOf(job.state), closures: newClosures });
      return takeDefinition(runs, {
        job: job.state,
        jobRevision: job.definitionRevision,
        previous:
          previous.status === 'absent' ? undefined : { definition: previous.definition, slots: slotsOf(previous) },
        closures,
        placeMs: slots?.placeMs(nowMs) ?? nowMs,
        nowMs,
      });
    },
  });

/** Returns whether calendars move slots of the job, so that their due times must be looked up. */
const moves = (job: Job): boolean => job.status === 'enabled' && job.definition.calendar?.shift !== undefined;

/** The blackouts of a job, if slots are due and unsettled; `undefined` if they can't be read. */
export const closuresOfUnsettled = async (
  { jobClosures, world }: JobLog,
  { cursorMs }: Runs,
  job: Job,
): Promise<Blackouts | undefined> => {
  const firstMs = slotsOf(job)?.next(cursorMs);
  if (job.status === 'absent' || firstMs === undefined) return NO_CLOSURES;
  if (firstMs > world.clock.now() && !moves(job)) return NO_CLOSURES;
  return jobClosures.closuresOf(job.definition, cursorMs);
};

/** Activates the definition of a new job, in the request that creates the job or right after it. */
export const activateNewJob = (
  log: JobLog,
  jobId: number,
  context: CommandContext,
): FollowUp<EventOf<'JobCreated'>> => ({
  stream: runsStream(jobId),
  eventsAfter: ({ data: definition }) => {
    const job = { status: definition.enabled ? 'enabled' : 'disabled', definition } as const;
    const nowMs = Date.parse(definition.createdAt);
    const first = { job, jobRevision: NO_STREAM + 1, previous: undefined, closures: NO_CLOSURES };
    return moves(job) ? [] : takeDefinition(initialRuns, { ...first, placeMs: nowMs, nowMs });
  },
  catchUp: () => activateChange(log, jobId, context),
});

/** An engine reads the log before it calls a slot that it claimed longer ago than this, ms. */
export const MAX_AHEAD_MS = 500;

/**
 * Waits until every engine that claimed a slot by the older definition would read the log before its call. Afterwards, the
 * change holds for every call, so that the response can be sent.
 */
const untilLookedAt = async ({ clock, timers }: EventLog['world'], { runs }: BindState): Promise<void> => {
  const claimed = runs.open
    .filter(({ trigger }) => trigger === 'schedule')
    .map(({ createdAt }) => Date.parse(createdAt));
  const waitMs = Math.max(0, ...claimed) + MAX_AHEAD_MS - clock.now();
  // Bounded even if the clock was set back.
  if (waitMs > 0) await timers.sleep(Math.min(waitMs, MAX_AHEAD_MS));
};

/** The slots of an enabled job; `undefined` if no slots are due. */
export const slotsOf = (job: Job): JobSlots | undefined => {
  switch (job.status) {
    case 'absent':
    case 'disabled':
    case 'deleted':
      return undefined;
    case 'enabled': {
      const { definition } = job;
      const { jitterMs } = rulesOf(definition);
      return jobSlots({ schedule: compileSchedule(definition), jobId: definition.jobId, jitterMs });
    }
  }
};
