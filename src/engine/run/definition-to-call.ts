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

type DefinitionDeps = Pick<RunsDeps, 'world' | 'store'> & {
  readonly definitions: Definitions;
  readonly parking: Parking;
  readonly calls: Pick<OpenCalls, 'signal'>;
};

/** The definition to call by: the newest one, unless a rerun asked for that of its first run. */
export const definitionFor = async (
  { world, store, calls }: DefinitionDeps,
  { jobId, definitionRevision }: Claim,
  { definition }: KnownDefinition,
): Promise<JobDefinition> =>
  definitionRevision === undefined
    ? definition
    : readSurely(world, () => definitionAt(store, jobId, definitionRevision), { signal: calls.signal });

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

/**
 * The definition at the newest revision known, or a later one. Reads it again if a late answer brought an older one.
 * @returns undefined if only a newer release can read the definition, or if nobody can
 */
export const newestDefinition = async (
  deps: DefinitionDeps,
  job: EngineJob,
  { jobId, ...claim }: Claim,
): Promise<KnownDefinition | undefined> => {
  for (let reads = 0; reads < MOST_READS && !deps.parking.holds(job); reads++) {
    const jobRevision = Math.max(claim.jobRevision, job.jobRevision, job.runs.jobRevision);
    const known = deps.definitions.get(jobId);
    if (known !== undefined && known.revision >= jobRevision) return known;
    await readSurely(deps.world, () => deps.definitions.fetch([{ jobId, jobRevision }]), { signal: deps.calls.signal });
    if (reads > 0) await deps.world.timers.sleep(READ_AGAIN_MS, deps.calls.signal);
  }
  return undefined;
};
const MOST_READS = 5;
const READ_AGAIN_MS = 200;
