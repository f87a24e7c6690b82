import { defined } from '../../domain/defined.ts';
import { DomainError } from '../../domain/domain-error.ts';
import type {
  Application,
  ExecutionError,
  ExecutionStatus,
  JobDefinition,
  JobSnapshot,
  OpenExecution,
} from '../../domain/events/index.ts';
import { type WaitCause, waitsFor } from '../../domain/execution/pending.ts';
import type { Runs } from '../../domain/execution/tail.ts';
import type { Job } from '../../domain/job/job.ts';
import { rulesOf } from '../../domain/job/rules.ts';
import type { SensitiveNames } from '../../domain/redaction/mask.ts';
import type { JobSlots } from '../../domain/schedule/index.ts';
import { withInput } from '../../domain/tasks/run-input.ts';
import { toGivenTask } from '../../domain/tasks/walk.ts';
import { toMs } from '../../domain/values.ts';
import type { CommandDeps } from '../command-deps.ts';
import { maskedSnapshot, resolveMasked } from '../job/preview-request.ts';
import { slotsOf } from '../loop/activate-definition.ts';
import { inputOf, loadApplication, loadJob, loadJobAt, loadRuns } from '../loop/load.ts';

type RecordedExecution = {
  readonly id: number;
  readonly jobId: number;
  readonly status: ExecutionStatus;
  readonly scheduledAt: string;
  readonly startedAt: string | null;
  /** Revision of the definition that was active at the claim. */
  readonly jobRevision?: number;
  readonly rerunOf?: number;
  /** Revision of the request with the run's input. */
  readonly inputRevision?: number;
  readonly jobSnapshot: JobSnapshot | null;
  readonly error?: ExecutionError;
};

/** Facts about an execution beyond its record. */
export type ExpectedExecution = {
  /** The request to send, or the expected one of a lost execution. Secrets are masks, not opened. */
  readonly jobSnapshot?: JobSnapshot;
  readonly waitsFor?: WaitCause;
};

/** Looks the execution up in the current log. Never rejects: the record can be shown without it. */
export type FindExpected = (execution: RecordedExecution) => Promise<ExpectedExecution>;

export const createFindExpected =
  (deps: CommandDeps, names: SensitiveNames): FindExpected =>
  async (execution) => {
    const { store, world } = deps;
    const { id, jobId, jobSnapshot } = execution;
    const lacksSnapshot = jobSnapshot === null && mayHaveSent(execution);
    if (execution.status !== 'pending' && !lacksSnapshot) return {};
    try {
      const { state: runs } = await loadRuns(store, jobId);
      const open = runs.open.find(({ executionId }) => executionId === id);
      const job = await jobFor(store, execution, open);
      if (job.status === 'absent') return {};
      const { inputRevision } = execution;
      const given = inputRevision === undefined ? undefined : await inputOf(store, jobId, inputRevision);
      const definition = withInput(job.definition, given);
      const { state: application } = await loadApplication(store, definition.applicationId);
      const variables = given?.variables ?? {};
      const snapshot = lacksSnapshot ? snapshotOf(execution, { definition, application, names, variables }) : undefined;
      const input = { runs, definition, application, slots: slotsOf(job), nowMs: world.clock.now() };
      const isWaiting = open?.state === 'pending' || open?.state === 'offered';
      const waits = isWaiting ? await waitingOf(deps, open, input) : undefined;
      return defined({ jobSnapshot: snapshot, waitsFor: waits });
    } catch (error) {
      world.log.warn({ executionId: id, error }, 'the request of an execution could not be read');
      return {};
    }
  };

/** Returns whether it has sent its request, will, or may have, such as one with a lost engine. */
const mayHaveSent = ({ status, error }: RecordedExecution): boolean =>
  status === 'pending' || status === 'running' || error?.code === 'OUTCOME_UNKNOWN';

/** The job definition of an execution; absent if it is no longer known, such as for a lost rerun. */
const jobFor = async (
  store: CommandDeps['store'],
  { jobId, status, jobRevision = -1, rerunOf }: RecordedExecution,
  open: OpenExecution | undefined,
): Promise<Job> => {
  if (open?.definitionRevision !== undefined) return loadJobAt(store, jobId, open.definitionRevision);
  if (status === 'pending') return (await loadJob(store, jobId)).state;
  return open === undefined && rerunOf !== undefined ? { status: 'absent' } : loadJobAt(store, jobId, jobRevision);
};

/** Variables of a run have no setter in the application. */
const SET_FOR_RUN = { updatedAt: '', updatedBy: '' };

type CalledJob = { readonly definition: JobDefinition; readonly application: Application | undefined };

const snapshotOf = (
  { status, scheduledAt, startedAt }: RecordedExecution,
  {
    definition,
    application,
    names,
    variables: given,
  }: CalledJob & {
    readonly names: SensitiveNames;
    /** Variables of this run, which override the application's. */
    readonly variables: Readonly<Record<string, string>>;
  },
): JobSnapshot | undefined => {
  const isAsCalled = (updatedAt: string): boolean =>
    status === 'pending' || (startedAt !== null && toMs(updatedAt) <= toMs(startedAt));
  const variables = application?.variables?.map((each) =>
    isAsCalled(each.updatedAt) ? each : { ...each, value: `\${${each.name}}` },
  );
  const ofRun = Object.entries(given).map(([name, value]) => ({ ...SET_FOR_RUN, name, value }));
  const kept = variables?.filter(({ name }) => !Object.hasOwn(given, name)) ?? [];
  try {
    const resolved = resolveMasked(
      { taskType: definition.taskType, taskConfig: toGivenTask(definition) },
      {
        atMs: toMs(scheduledAt),
        timezone: definition.timezone,
        application: application && { ...application, variables: [...kept, ...ofRun] },
      },
    );
    return maskedSnapshot(definition, resolved, names);
  } catch (error) {
    if (error instanceof DomainError) return undefined;
    throw error;
  }
};

type WaitingJob = CalledJob & {
  readonly runs: Runs;
  readonly slots: JobSlots | undefined;
  readonly nowMs: number;
};

const waitingOf = async (
  { jobClosures, readModels }: CommandDeps,
  open: OpenExecution,
  { runs, definition, application, slots, nowMs }: WaitingJob,
): Promise<WaitCause | undefined> => {
  const { limit: name } = definition;
  const [pausedBy, fits] = await Promise.all([
    jobClosures.pausedBy(definition),
    name === undefined || application === undefined || readModels.hasRoom(application, name),
  ]);
  return waitsFor(runs, open, {
    ...{ rules: rulesOf(definition), slots, isPaused: pausedBy !== undefined },
    ...{ isAtLimit: !fits, nowMs },
  });
};
