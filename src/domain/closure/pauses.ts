import { boundedCache } from '../bounded-cache.ts';
import type { Pause } from '../events/index.ts';
import { targetNames } from '../targets/index.ts';
import { toMs } from '../values.ts';

/** What pauses distinguish jobs by. */
export type PausableJob = {
  readonly tenant: string;
  readonly applicationId: number;
  /** Undefined for one that is not saved yet. */
  readonly jobId: number | undefined;
  /** The origin that the job calls; undefined if that depends on a parameter. */
  readonly target: string | undefined;
};

/** How far a caller's pauses may reach: to jobs of its own tenant, or to those of all. */
export type PauseAuthority = 'tenant' | 'installation';

export const INSTALLATION = 'installation';
const ofTenant = (tenant: string): string => `tenant ${tenant}`;
const ofApplication = (applicationId: number): string => `application ${applicationId}`;
const ofJob = (jobId: number): string => `job ${jobId}`;
/** A pause of a target binds only the jobs of one tenant. */
const ofTarget = (tenant: string, name: string): string => `target ${name} ${tenant}`;

/** What says which jobs a pause binds. */
export type PauseBounds = Pick<Pause, 'scope' | 'tenant' | 'applicationId' | 'jobId' | 'target'>;

/** What a pause binds, as one text. */
export const scopeOfPause = ({ scope, tenant, applicationId = 0, jobId = 0, target = '' }: PauseBounds): string => {
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
  }
};

const ORIGINS = 8_192;
const namesOf = boundedCache(ORIGINS, targetNames);

/** The scopes of the pauses that bind a job. */
export const scopesOfJob = ({ tenant, applicationId, jobId, target }: PausableJob): readonly string[] => [
  INSTALLATION,
  ofTenant(tenant),
  ofApplication(applicationId),
  ...(jobId === undefined ? [] : [ofJob(jobId)]),
  ...(target === undefined ? [] : namesOf(target).map((name) => ofTarget(tenant, name))),
];

/** When a pause ends or has ended, epoch ms; Infinity while nobody has said. */
export const endOfPauseMs = ({ until, liftedAt }: Pick<Pause, 'until' | 'liftedAt'>): number =>
  Math.min(...[until, liftedAt].map((end) => (end === undefined ? Number.POSITIVE_INFINITY : toMs(end))));

/** Finds, for each job, the pause that binds it now and ends last. The clock of whoever set one may be ahead a little. */
export const lastingPauses = <P extends PauseBounds & Pick<Pause, 'until' | 'liftedAt'>>(
  pauses: readonly P[],
  nowMs: number,
): ((job: PausableJob) => P | undefined) => {
  const inForce = pauses.filter((pause) => endOfPauseMs(pause) > nowMs);
  if (inForce.length === 0) return () => undefined;
  const byScope = new Map<string, P>();
  for (const pause of inForce) {
    const scope = scopeOfPause(pause);
    byScope.set(scope, lastingOf(byScope.get(scope), pause));
  }
  return (job) =>
    scopesOfJob(job).reduce<P | undefined>((lasting, scope) => {
      const pause = byScope.get(scope);
      return pause === undefined ? lasting : lastingOf(lasting, pause);
    }, undefined);
};

const lastingOf = <P extends Pick<Pause, 'until' | 'liftedAt'>>(one: P | undefined, other: P): P =>
  one === undefined || endOfPauseMs(other) > endOfPauseMs(one) ? other : one;
