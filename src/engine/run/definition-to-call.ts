import { definitionAt, inputOf } from '../../commands/loop/load.ts';
import type { JobDefinition, RunInput } from '../../domain/events/index.ts';
import type { ApplicationValues } from '../jobs/application-values.ts';
import type { Definitions, KnownDefinition } from '../jobs/definitions.ts';
import type { EngineJob } from '../jobs/engine-job.ts';
import type { Parking } from '../jobs/parking.ts';
import { readSurely } from '../read-surely.ts';
import type { RunsDeps } from './append-runs.ts';
import type { Claim } from './claim.ts';
import type { OpenCalls } from './open-calls.ts';

export type DefinitionDeps = Pick<RunsDeps, 'world' | 'store'> & {
  readonly definitions: Definitions;
  readonly parking: Parking;
  readonly calls: Pick<OpenCalls, 'signal'>;
};

/** The definition at this revision of the job, as a rerun asks for that of its first run. */
export const readDefinition = (
  { world, store, calls }: DefinitionDeps,
  jobId: number,
  revision: number,
): Promise<JobDefinition> => readSurely(world, () => definitionAt(store, jobId, revision), { signal: calls.signal });

/** What was given for one run, by the revision of its request. */
export const readInput = (
  { world, store, calls }: DefinitionDeps,
  jobId: number,
  revision: number,
): Promise<RunInput> => readSurely(world, () => inputOf(store, jobId, revision), { signal: calls.signal });

export const valuesFor = (
  { newestValues }: { readonly newestValues: (applicationId: number) => Promise<ApplicationValues> },
  { applicationId }: JobDefinition,
  input: RunInput | undefined,
): Promise<ApplicationValues> =>
  input?.variables === undefined
    ? newestValues(applicationId)
    : withVariables(newestValues(applicationId), input.variables);

const withVariables = async (
  values: Promise<ApplicationValues>,
  given: Readonly<Record<string, string>>,
): Promise<ApplicationValues> => {
  const { variables, secrets } = await values;
  return { secrets, variables: new Map([...variables, ...Object.entries(given)]) };
};

const newestRevision = (job: EngineJob, claim: Claim): number =>
  Math.max(claim.jobRevision, job.jobRevision, job.runs.jobRevision);

/** The definition at the newest revision known, or a later one, if it is at hand. */
export const definitionAtHand = (
  { definitions, parking }: DefinitionDeps,
  job: EngineJob,
  claim: Claim,
): KnownDefinition | undefined => {
  const known = parking.holds(job) ? undefined : definitions.get(claim.jobId);
  return known !== undefined && known.revision >= newestRevision(job, claim) ? known : undefined;
};

/**
 * The same, read if it is not at hand, and read again if a late answer brought an older one.
 * @returns undefined if only a newer release can read the definition, or if nobody can
 */
export const newestDefinition = async (
  deps: DefinitionDeps,
  job: EngineJob,
  claim: Claim,
): Promise<KnownDefinition | undefined> => {
  const { signal } = deps.calls;
  for (let reads = 0; reads < MOST_READS && !deps.parking.holds(job); reads++) {
    const known = definitionAtHand(deps, job, claim);
    if (known !== undefined) return known;
    const wanted = { jobId: claim.jobId, jobRevision: newestRevision(job, claim) };
    await readSurely(deps.world, () => deps.definitions.fetch([wanted]), { signal });
    if (reads > 0) await deps.world.timers.sleep(READ_AGAIN_MS, signal);
  }
  return undefined;
};
const MOST_READS = 5;
const READ_AGAIN_MS = 200;
