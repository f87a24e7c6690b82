import { definitionAt, inputOf } from '../../commands/loop/load.ts';
import type { JobDefinition, RunInput } from '../../domain/events/index.ts';
import { ParameterRejected } from '../../domain/parameters/index.ts';
import { movableDestination } from '../../domain/tasks/walk.ts';
import type { EngineContext } from '../context.ts';
import type { ApplicationValues } from '../jobs/application-values.ts';
import type { KnownDefinition } from '../jobs/definitions.ts';
import type { EngineJob } from '../jobs/engine-job.ts';
import { readWithRetry } from '../read-with-retry.ts';
import type { Claim } from './open-calls.ts';

/** The definition at this revision of the job, as a rerun needs that of its first run. */
export const readDefinition = (
  { world, store, calls }: EngineContext,
  jobId: number,
  revision: number,
): Promise<JobDefinition> => readWithRetry(world, () => definitionAt(store, jobId, revision), { signal: calls.signal });

/** What was given for one run, by the revision of its request. */
export const readInput = ({ world, store, calls }: EngineContext, jobId: number, revision: number): Promise<RunInput> =>
  readWithRetry(world, () => inputOf(store, jobId, revision), { signal: calls.signal });

/**
 * The values of the application, with the variables of the run in place of those with the same name.
 * @throws ParameterRejected if the variables of the run could move an origin that secrets are sent to
 */
export const valuesFor = async (
  { newestValues }: EngineContext,
  { applicationId, ...task }: JobDefinition,
  input: RunInput | undefined,
): Promise<ApplicationValues> => {
  const values = await newestValues(applicationId);
  if (input?.variables === undefined) return values;
  // The request was checked against the job as it was then, and the job may have changed since.
  const movable = movableDestination(task);
  if (movable !== undefined) throw new ParameterRejected(movable.url, MOVED_BY_RUN);
  return { secrets: values.secrets, variables: new Map([...values.variables, ...Object.entries(input.variables)]) };
};

const MOVED_BY_RUN =
  "the variables of this run must not decide where the job's secrets are sent. Run the job without variables.";

const newestRevision = (job: EngineJob, claim: Claim): number =>
  Math.max(claim.jobRevision, job.jobRevision, job.runs.jobRevision);

/** The definition at the newest revision known, or a later one, if it is at hand. */
export const definitionAtHand = (
  { definitions, parking }: EngineContext,
  job: EngineJob,
  claim: Claim,
): KnownDefinition | undefined => {
  const known = parking.holds(job) ? undefined : definitions.get(claim.jobId);
  return known !== undefined && known.revision >= newestRevision(job, claim) ? known : undefined;
};

/**
 * The same, read if it is not at hand, and read again if a late response brought an older one.
 * @returns undefined if only a newer release can read the definition, or if nobody can
 */
export const newestDefinition = async (
  deps: EngineContext,
  job: EngineJob,
  claim: Claim,
): Promise<KnownDefinition | undefined> => {
  const { signal } = deps.calls;
  for (let reads = 0; reads < MAX_READS && !deps.parking.holds(job); reads++) {
    const known = definitionAtHand(deps, job, claim);
    if (known !== undefined) return known;
    const wanted = { jobId: claim.jobId, jobRevision: newestRevision(job, claim) };
    await readWithRetry(deps.world, () => deps.definitions.fetch([wanted]), { signal });
    if (reads > 0) await deps.world.timers.sleep(READ_AGAIN_MS, signal);
  }
  return undefined;
};
const MAX_READS = 5;
const READ_AGAIN_MS = 200;
