import { z } from 'zod';
import { boundedCache } from '../bounded-cache.ts';
import { defined } from '../defined.ts';
import { DomainError } from '../domain-error.ts';
import {
  actorName,
  CARILLON,
  type ChangeAuthor,
  type ChangeRequest,
  type EventOf,
  type Pause,
} from '../events/index.ts';
import { type IdRanges, readIdRanges } from '../id-ranges.ts';
import { RESUMABLE_MS } from '../operation.ts';
import { targetNames } from '../targets/target-url.ts';
import { toInstant, toMs } from '../values.ts';

/** The properties by which pauses select jobs. */
export type PausableJob = {
  readonly tenant: string;
  readonly applicationId: number;
  /** `undefined` if the job is not saved yet. */
  readonly jobId: number | undefined;
  /** The origin that the job calls; undefined if that depends on a parameter. */
  readonly target: string | undefined;
  /** Its labels, as `labelsTextOf` writes them. */
  readonly labelsText: string | undefined;
};

/** Labels as one text, which many jobs share; `undefined` if there are none. */
export const labelsTextOf = (labels: Readonly<Record<string, string>> = {}): string | undefined =>
  Object.keys(labels).length === 0 ? undefined : JSON.stringify(labels);

const LABELS = 8_192;
const labelsIn = boundedCache(LABELS, (text: string) => new Map(Object.entries(Labels.parse(JSON.parse(text)))));
const Labels = z.record(z.string(), z.string());

/** Reach of a caller's pauses: jobs of its own tenant, or of all tenants. */
export type PauseAuthority = 'tenant' | 'installation';

export const INSTALLATION = 'installation';
const ofTenant = (tenant: string): string => `tenant ${tenant}`;
const ofApplication = (applicationId: number): string => `application ${applicationId}`;
const ofJob = (jobId: number): string => `job ${jobId}`;
/** A pause of a target binds only one tenant's jobs. */
const ofTarget = (tenant: string, name: string): string => `target ${name} ${tenant}`;

/** Key of the jobs that a pause binds. */
export const scopeOfPause = ({ scope, ...pause }: Pause): string => {
  const { pauseId, tenant, applicationId = 0, jobId = 0, target = '' } = pause;
  switch (scope) {
    case 'installation':
      return INSTALLATION;
    case 'tenant':
      return ofTenant(tenant);
    case 'application':
      return ofApplication(applicationId);
    case 'job':
      return ofJob(jobId);
    case 'target':
      return ofTarget(tenant, target);
    case 'labels':
      return `labels of pause ${pauseId}`;
    case 'jobs':
      return `jobs of pause ${pauseId}`;
  }
};

/** Returns whether a pause with a scope that `scopesOfJob` does not list binds a job. */
export type ChoosesJob = (job: PausableJob) => boolean;

/** `undefined` for a scope that `scopesOfJob` lists. */
export const choiceOfPause = ({ scope, tenant, labels = {}, jobs = [] }: Pause): ChoosesJob | undefined => {
  switch (scope) {
    case 'installation':
    case 'tenant':
    case 'application':
    case 'job':
    case 'target':
      return undefined;
    case 'labels': {
      const wanted = Object.entries(labels);
      return (job) => {
        if (job.tenant !== tenant || job.labelsText === undefined) return false;
        const had = labelsIn(job.labelsText);
        return wanted.every(([key, value]) => had.get(key) === value);
      };
    }
    case 'jobs': {
      const ids = readIdRanges(jobs);
      return (job) => job.tenant === tenant && job.jobId !== undefined && ids.has(job.jobId);
    }
  }
};

const ORIGINS = 8_192;
const namesOf = boundedCache(ORIGINS, targetNames);

export const scopesOfJob = ({ tenant, applicationId, jobId, target }: PausableJob): readonly string[] => [
  INSTALLATION,
  ofTenant(tenant),
  ofApplication(applicationId),
  ...(jobId === undefined ? [] : [ofJob(jobId)]),
  ...(target === undefined ? [] : namesOf(target).map((name) => ofTarget(tenant, name))),
];

/** When a pause begins or began, epoch ms. */
export const startOfPauseMs = ({ createdAt, from }: Pause): number =>
  Math.max(toMs(createdAt), from === undefined ? Number.NEGATIVE_INFINITY : toMs(from));

/** When a pause ends or ended, epoch ms; Infinity if it has no end. */
export const endOfPauseMs = ({ until, liftedAt }: Pause): number =>
  Math.min(...[until, liftedAt].map((end) => (end === undefined ? Number.POSITIVE_INFINITY : toMs(end))));

/**
 * From when on a pause binds a job, epoch ms. One without `from` binds whoever knows it: the clock that set it may be ahead.
 */
export const boundFromMs = ({ from }: Pause): number => (from === undefined ? Number.NEGATIVE_INFINITY : toMs(from));

/** Finds, for each job, the active pause that ends last. */
export const lastingPauses = <P extends Pause>(
  pauses: readonly P[],
  nowMs: number,
): ((job: PausableJob) => P | undefined) => {
  const activeDefinition = pauses.filter((pause) => boundFromMs(pause) <= nowMs && endOfPauseMs(pause) > nowMs);
  if (activeDefinition.length === 0) return () => undefined;
  const byScope = new Map<string, P>();
  const choosing: { readonly pause: P; readonly chooses: ChoosesJob }[] = [];
  for (const pause of activeDefinition) {
    const scope = scopeOfPause(pause);
    const chooses = choiceOfPause(pause);
    if (chooses === undefined) byScope.set(scope, lastingOf(byScope.get(scope), pause));
    else choosing.push({ pause, chooses });
  }
  return (job) => {
    const named = scopesOfJob(job).flatMap((scope) => byScope.get(scope) ?? []);
    const chosen = choosing.flatMap(({ pause, chooses }) => (chooses(job) ? pause : []));
    return [...named, ...chosen].reduce<P | undefined>(lastingOf, undefined);
  };
};

const lastingOf = <P extends Pause>(one: P | undefined, other: P): P =>
  one === undefined || endOfPauseMs(other) > endOfPauseMs(one) ? other : one;
/**
 * A bulk operation that disables or deletes jobs pauses all of them with one event before it is requested. So none of them
 * is called any more, however long the changes take. If the operation is never requested, the pause ends after
 * `RESUMABLE_MS`. Otherwise its runner keeps the pause until right before the operation ends.
 */
type PauseJobsInput = {
  readonly pauseId: number;
  readonly operationId: number;
  readonly context: ChangeRequest;
  readonly jobs: IdRanges;
};

/** Pauses the jobs of an operation. */
export const decidePauseJobs = (
  { pauseId, operationId, context, jobs }: PauseJobsInput,
  nowMs: number,
): EventOf<'PauseSet'>[] => {
  const { tenant, actor, reason } = context;
  const data = {
    ...{ pauseId, tenant, scope: 'jobs' as const, jobs, operationId },
    ...defined({ reason }),
    createdAt: toInstant(nowMs),
    until: toInstant(nowMs + RESUMABLE_MS),
    createdBy: actorName(actor),
  };
  return [{ type: 'PauseSet', data }];
};

/** Makes an operation's pause last until it is ended; records nothing if it does already, or has ended. */
export const decideKeepPause = (existing: Pause | undefined, nowMs: number): EventOf<'PauseSet'>[] => {
  if (existing?.until === undefined || endOfPauseMs(existing) <= nowMs) return [];
  const { until: _, ...pause } = existing;
  return [{ type: 'PauseSet', data: pause }];
};

/** Ends the pause of an operation; records nothing if it has ended. */
export const decideEndPause = (existing: Pause | undefined, nowMs: number): EventOf<'PauseLifted'>[] =>
  existing === undefined || existing.liftedAt !== undefined
    ? []
    : [
        {
          type: 'PauseLifted',
          data: { ...existing, liftedAt: toInstant(nowMs), liftedBy: actorName(CARILLON) },
        },
      ];
/** @throws DomainError FORBIDDEN if a tenant's authority does not cover the scope */
export const requireAuthority = ({ scope }: Pick<Pause, 'scope'>, authority: PauseAuthority): void => {
  if (scope !== 'installation' || authority === 'installation') return;
  throw new DomainError('FORBIDDEN', 'to pause the whole installation, you need the permission scheduler:admin');
};

type LiftPauseInput = ChangeAuthor & { readonly pauseId: number; readonly authority: PauseAuthority };

/** Ends a pause; records nothing if it has ended. */
export const decideLiftPause = (
  { pauseId, tenant, actor, authority }: LiftPauseInput,
  existing: Pause | undefined,
  nowMs: number,
): EventOf<'PauseLifted'>[] => {
  if (existing === undefined || (existing.scope !== 'installation' && existing.tenant !== tenant)) {
    throw new DomainError('PAUSE_NOT_FOUND', `there is no pause ${pauseId}`);
  }
  requireAuthority(existing, authority);
  if (endOfPauseMs(existing) <= nowMs) return [];
  return [{ type: 'PauseLifted', data: { ...existing, liftedAt: toInstant(nowMs), liftedBy: actorName(actor) } }];
};
