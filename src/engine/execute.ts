import type { JobDefinition, OpenExecution } from '../domain/events/index.ts';
import { type Outcome, recordOutcome } from '../domain/runs/outcome.ts';
import { openUnder } from '../domain/runs/tail.ts';
import type { Schedule } from '../domain/schedule/index.ts';
import { AppendTooLarge, EventStoreClosed, InvalidAppend } from '../event-store/errors.ts';
import type { ApplicationValues, ValueTable } from './application-values.ts';
import { appendRuns, type Claim, type ClaimDeps, type HeldClaim, readTail } from './claim.ts';
import { type EngineJob, slotsOfJob } from './job-table.ts';
import { readSurely } from './read-surely.ts';

/** Makes the call of one execution; never rejects, whatever the target does. */
export type RunTask = (of: {
  readonly claim: Claim;
  readonly definition: JobDefinition;
  /** Of the job's application. */
  readonly values: ApplicationValues;
  readonly signal: AbortSignal;
  /** The last look before the request goes to the socket. */
  readonly mayStillCall: () => boolean;
}) => Promise<Outcome>;

export type ExecuteDeps = ClaimDeps & {
  readonly runTask: RunTask;
  readonly values: ValueTable;
  /** Whether the lease has held all the time since this monotonic instant. */
  readonly leaseHeldSince: (sinceMs: number) => boolean;
  readonly signal: AbortSignal;
};

/** Takes a claim that is due to its recorded outcome; never rejects. */
export const execute = async (deps: ExecuteDeps, held: HeldClaim): Promise<void> => {
  const { claim } = held;
  const job = deps.table.get(claim.jobId);
  if (job === undefined) return;
  try {
    const outcome = await call(deps, job, held);
    if (outcome !== undefined) await recordSurely(deps, { job, of: claim, schedule: () => inForce(job) }, outcome);
  } catch (error) {
    const { jobId, executionId } = claim;
    deps.world.log.error({ jobId, executionId, error }, 'scheduler: job execution could not be recorded');
  }
};

const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 10_000;

/**
 * An outcome that no log could hold is told without what makes it so; for any other trouble the append is made again
 * until it succeeds or calls are no longer waited for.
 */
const recordSurely = async (deps: ExecuteDeps, ended: Ended, outcome: Outcome): Promise<void> => {
  let told = outcome;
  for (let pauseMs = FIRST_PAUSE_MS; ; pauseMs = Math.min(2 * pauseMs, LONGEST_PAUSE_MS)) {
    try {
      return await recordEnd(deps, ended, told);
    } catch (error) {
      const { jobId } = ended.job;
      const fields = { jobId, executionId: ended.of.executionId, error };
      const isUnfit = error instanceof AppendTooLarge || error instanceof InvalidAppend;
      if ((isUnfit && told !== outcome) || error instanceof EventStoreClosed || deps.signal.aborted) throw error;
      if (isUnfit) {
        deps.world.log.error(fields, 'scheduler: the outcome of a job execution fits no event: told without it');
        told = notRecorded(outcome);
        continue;
      }
      deps.world.log.warn(fields, 'scheduler: the outcome of a job execution could not be recorded: trying again');
      await deps.world.timers.sleep(pauseMs, deps.signal);
    }
  }
};

const notRecorded = ({ startedAtMs, finishedAtMs, kind }: Outcome): Outcome => ({
  kind: 'failed',
  ...(startedAtMs === undefined ? {} : { startedAtMs }),
  finishedAtMs,
  error: {
    code: 'OUTCOME_NOT_RECORDED',
    message: `the call ${kind}, but the log could not hold its outcome: look for it at the target`,
  },
});

/** The schedule that the stream of runs has taken, while the job is enabled. */
const inForce = (job: EngineJob): Schedule | undefined =>
  job.runs.jobRevision === job.jobRevision ? slotsOfJob(job) : undefined;

/** A slot that was claimed ahead is looked at again: a newer definition may lack it. */
const supersededBy = (deps: ExecuteDeps, job: EngineJob, claim: Claim): Outcome | undefined => {
  if (claim.trigger !== 'schedule' || job.jobRevision === claim.jobRevision) return undefined;
  const slotMs = Date.parse(claim.scheduledAt);
  if (job.status === 'enabled' && slotsOfJob(job)?.next(slotMs - 1) === slotMs) return undefined;
  return {
    kind: 'cancelled',
    superseded: true,
    finishedAtMs: deps.world.clock.now(),
    error: { code: 'SUPERSEDED', message: `the job was ${changed(job)} before this slot was called` },
  };
};

const changed = ({ status }: EngineJob): string => (status === 'enabled' ? 'edited' : status);

const call = async (deps: ExecuteDeps, job: EngineJob, held: HeldClaim): Promise<Outcome | undefined> => {
  const { claim } = held;
  const { world, signal, leaseHeldSince } = deps;
  let sureAtMs = held.sinceMs;
  if (!leaseHeldSince(sureAtMs)) {
    // The answer may be late: what it tells is as old as the question.
    sureAtMs = world.clock.monotonic();
    if (openUnder(await readTail(deps, job), claim) === undefined) return undefined;
  }
  const definition = await newestDefinition(deps, job, claim);
  const superseded = supersededBy(deps, job, claim);
  if (superseded !== undefined) return superseded;
  const ids = { jobId: claim.jobId, executionId: claim.executionId, attempt: claim.attempt, trigger: claim.trigger };
  world.log.info({ ...ids, scheduledAt: claim.scheduledAt }, 'scheduler: job execution started');
  const outcome = await deps.runTask({
    claim,
    definition,
    values: deps.values.of(definition.applicationId),
    signal,
    mayStillCall: () => leaseHeldSince(sureAtMs) || world.clock.monotonic() - sureAtMs < TAIL_FRESH_MS,
  });
  const status = outcome.kind === 'succeeded' ? outcome.result.status : outcome.error.code;
  world.log.info({ ...ids, status }, `scheduler: job execution ${outcome.kind}`);
  return outcome;
};

/** As it is known to be by now. A read whose answer is late may have left an older one at hand. */
const newestDefinition = async (
  deps: ExecuteDeps,
  job: EngineJob,
  { jobId, ...claim }: Claim,
): Promise<JobDefinition> => {
  for (;;) {
    const jobRevision = Math.max(claim.jobRevision, job.jobRevision);
    const known = deps.definitions.get(jobId);
    if (known !== undefined && known.revision >= jobRevision) return known.definition;
    await readSurely(deps.world, () => deps.definitions.fetch([{ jobId, jobRevision }]));
  }
};

/** Without a lease, the tail that was just read is good for this long. */
const TAIL_FRESH_MS = 1_000;

type Ended = {
  readonly job: EngineJob;
  readonly of: Pick<OpenExecution, 'executionId' | 'attempt'> & {
    readonly engineId: string;
    readonly labels?: Readonly<Record<string, string>> | undefined;
  };
  /** Whose slots were skipped while it ran; asked at each decision, as the definition may have changed before it. */
  readonly schedule: () => Schedule | undefined;
};

/** Appends an outcome, as often as it takes, while this very attempt is open under that engine. */
export const recordEnd = (deps: ClaimDeps, { job, of, schedule }: Ended, outcome: Outcome): Promise<void> =>
  appendRuns(deps, job, () =>
    recordOutcome(job.runs, {
      job: { tenant: job.tenant, applicationId: job.applicationId, jobId: job.jobId },
      execution: { executionId: of.executionId, attempt: of.attempt, engineId: of.engineId },
      labels: of.labels,
      outcome,
      schedule: schedule(),
    }),
  );
