import { mix } from '../../domain/mix.ts';

/*
 * An engine that sends no heartbeat for its timeout is dead. Its lease ends halfway, so that it makes no unchecked call
 * once others take over. Each engine states its own timeout, so that engines with different ones agree.
 */

/** The longest timeout, which applies to engines whose own is not known. */
export const MAX_ENGINE_TIMEOUT_MS = 10_000;
/** The lease holds while the last acknowledged beat is younger than this by the monotonic clock. */
export const leaseMs = (timeoutMs: number): number => timeoutMs / 2;
export const heartbeatIntervalMs = (timeoutMs: number): number => timeoutMs / 10;

/** What decides who owns a job. */
export type OwnedJob = {
  readonly jobId: number;
  readonly applicationId: number;
  readonly rules: { readonly limit: string | undefined };
};

/** Jobs with the same key have one owner: those that name one limit, so that one engine counts their calls. */
export const ownerKeyOf = ({ jobId, applicationId, rules: { limit } }: OwnedJob): number =>
  limit === undefined ? jobId : hashOf(`${applicationId}/${limit}`);

/** The hash FNV-1a, as a 32-bit integer. */
const hashOf = (text: string): number => {
  let hash = 0x811c9dc5;
  for (let index = 0; index < text.length; index++) hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193);
  return hash;
};

/** Finds a job's owner by rendezvous hashing: few jobs move when an engine comes or goes. */
export const ownerOf = (job: OwnedJob, engines: readonly HashedEngine[]): string | undefined => {
  const key = Math.imul(ownerKeyOf(job), 0x9e3779b1);
  let best: HashedEngine | undefined;
  let bestWeight = -1;
  for (const engine of engines) {
    const weight = mix(engine.seed ^ key);
    if (weight > bestWeight) {
      best = engine;
      bestWeight = weight;
    }
  }
  return best?.engineId;
};

export type HashedEngine = { readonly engineId: string; readonly seed: number };

export const hashEngine = (engineId: string): HashedEngine => ({ engineId, seed: hashOf(engineId) });

/** The engines that own the jobs, now and in the last 16 changes. */
export type Owners = {
  /** Shares all jobs out to these engines. @returns whether they are others than before */
  share(engineIds: readonly string[], nowMs: number): boolean;
  sharing(): readonly string[];
  owns(job: OwnedJob): boolean;
  /**
   * Since when this engine has owned a job without a break, as far back as changes are kept; ms as given to `share`.
   */
  ownsSinceMs(job: OwnedJob): number;
};

type Share = { readonly engines: readonly HashedEngine[]; readonly sinceMs: number };

const KEPT_SHARES = 16;

export const createOwners = (engineId: string): Owners => {
  /** The newest first. */
  let shares: readonly Share[] = [];

  const ownsIn = ({ engines }: Share, job: OwnedJob): boolean =>
    engines.length === 1 ? engines[0]?.engineId === engineId : ownerOf(job, engines) === engineId;

  return {
    share: (engineIds, nowMs) => {
      const ids = engineIds.toSorted();
      const now = shares[0]?.engines;
      if (now?.length === ids.length && ids.every((id, index) => id === now[index]?.engineId)) return false;
      shares = [{ engines: ids.map(hashEngine), sinceMs: nowMs }, ...shares.slice(0, KEPT_SHARES - 1)];
      return true;
    },
    sharing: () => shares[0]?.engines.map((engine) => engine.engineId) ?? [],
    owns: (job) => shares[0] !== undefined && ownsIn(shares[0], job),
    ownsSinceMs: (job) => {
      let sinceMs = Number.POSITIVE_INFINITY;
      for (const share of shares) {
        if (!ownsIn(share, job)) break;
        sinceMs = share.sinceMs;
      }
      return sinceMs;
    },
  };
};
