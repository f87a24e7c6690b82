import { applicationsOf } from '../commands/application/applications.ts';
import { evolveApplication } from '../domain/application.ts';
import { isApplicationEvent } from '../domain/events/index.ts';
import { keysStream } from '../domain/streams.ts';
import type { Engine } from '../engine/engine.ts';
import { StreamParked } from '../event-store/errors.ts';
import type { Readiness } from '../http/context.ts';
import type { ProjectionRunner } from '../projections/runner.ts';
import type { Publisher } from '../publisher/publisher.ts';
import { unwrapDataKey } from '../secrets/data-key.ts';
import { DataKeyBroken, RingKeyUnknown } from '../secrets/key-ring.ts';
import type { EngineProcesses } from './engine-processes.ts';
import { firstOf, type HealthIssue, toHealthIssue } from './health-issues.ts';
import type { ListWatch } from './lists.ts';
import type { Shared } from './shared.ts';
import type { Stalls } from './stall-monitor.ts';

/** Starts checking the keys, in a process that needs them. */
export const startKeyCheck = (shared: Shared): void => {
  const { roles, onStop } = shared;
  const stopping = new AbortController();
  onStop(async () => stopping.abort());
  if (roles.includes('api') || roles.includes('engine')) void tellMissingKeys(shared, stopping.signal);
};

/**
 * Checks that the key ring opens the data key of every application. Logs missing ring keys and reports them as issues, such
 * as after a restore with another ring: jobs that need a secret fail until SECRET_KEYS has the key. Never rejects.
 */
const tellMissingKeys = async ({ store, ring, world, issues }: Shared, signal: AbortSignal): Promise<void> => {
  const unopened = new Map<string, number[]>();
  try {
    for await (const batch of applicationsOf(store)) {
      if (signal.aborted) return;
      const owners = batch.flatMap(({ applicationId, last }) => {
        if (last instanceof StreamParked || !isApplicationEvent(last)) return [];
        const { tenant, erasedGeneration = 0 } = evolveApplication(last);
        // The erased generation may still exist if its erasure was interrupted.
        return [Math.max(1, erasedGeneration), erasedGeneration + 1].map((generation) => ({
          tenant,
          applicationId,
          generation,
        }));
      });
      const keys = await store.readLast(owners.map((owner) => keysStream(owner.applicationId, owner.generation)));
      for (const [index, owner] of owners.entries()) {
        const key = keys[index];
        if (key === undefined || key instanceof StreamParked || key.type !== 'DataKeyWrapped') continue;
        const { keyEncryptionKeyId } = key.data;
        if (opens(() => unwrapDataKey(key, owner, ring))) continue;
        const applications = unopened.get(keyEncryptionKeyId) ?? [];
        if (!applications.includes(owner.applicationId)) applications.push(owner.applicationId);
        unopened.set(keyEncryptionKeyId, applications);
      }
    }
  } catch (error) {
    return world.log.warn({ error }, 'could not check SECRET_KEYS against the data keys');
  }
  for (const [keyEncryptionKeyId, applications] of unopened) {
    const known = ring.find(keyEncryptionKeyId) === undefined ? 'does not contain' : 'contains other bytes for';
    const reason = `SECRET_KEYS ${known} the key "${keyEncryptionKeyId}", which decrypts the secrets of the applications ${firstOf(applications)}`;
    world.log.error({ keyEncryptionKeyId, applications: applications.length }, `${reason}. Add the key and restart.`);
    issues.add('secret keys', reason);
  }
};

const opens = (unwrap: () => unknown): boolean => {
  try {
    unwrap();
    return true;
  } catch (error) {
    if (error instanceof RingKeyUnknown || error instanceof DataKeyBroken) return false;
    throw error;
  }
};

type RoleReadiness = Readiness['roles'][string];

type ReadinessSources = {
  readonly projections: ProjectionRunner | undefined;
  readonly engine: Engine | undefined;
  readonly others: EngineProcesses | undefined;
  readonly publisher: Publisher | undefined;
  /** Present in a process that serves lists. */
  readonly lists: ListWatch | undefined;
  readonly stalls: Stalls;
};

const NO_KAFKA = 'off: KAFKA_BROKERS is not set';
const NOT_MADE = 'The read models of this version do not exist yet. Start a process with the role projections.';

/**
 * Creates the readiness check: whether each role can work, whether claims, the log and the read models make progress, and
 * further issues.
 */
export const readinessOf = (shared: Shared, sources: ReadinessSources) => {
  const { pool, parked, issues, world } = shared;
  const roles: readonly string[] = shared.roles;
  const { projections, engine, others, publisher, lists, stalls } = sources;
  let postgresDownSince: string | undefined;

  const postgres = async (): Promise<RoleReadiness> => {
    try {
      await pool.query('select 1');
      postgresDownSince = undefined;
      return { ready: true };
    } catch (error) {
      postgresDownSince ??= new Date(world.clock.now()).toISOString();
      return { ready: false, reason: `Postgres: ${error instanceof Error ? error.message : String(error)}` };
    }
  };

  const apiReady = (database: RoleReadiness): RoleReadiness =>
    database.ready && lists?.areMade() === false ? { ready: false, reason: NOT_MADE } : database;

  const engineReady = (): RoleReadiness => {
    const status = engine?.status();
    // A standby engine is ready to take over; a rolling update waits for readiness.
    if (status === undefined || status.state === 'claiming' || status.state === 'standby') return { ready: true };
    return { ready: false, reason: status.why ?? `the engine is ${status.state}` };
  };

  const engineIssues = (): HealthIssue[] => {
    const { sinceMs, why } = engine?.status() ?? {};
    return sinceMs === undefined || why === undefined ? [] : [toHealthIssue('engine', { sinceMs, why })];
  };

  const publisherIssues = (): (HealthIssue & { readonly reason: string })[] => {
    const status = publisher?.status();
    if (status === undefined || status.state === 'publishing' || status.state === 'standby') return [];
    const { sinceMs, why: reason = `the publisher is ${status.state}` } = status;
    return [{ ...toHealthIssue('kafka', { sinceMs }), reason }];
  };

  /** Ready to publish, or to take over from the publishing process. */
  const publisherReady = (): RoleReadiness => {
    if (publisher === undefined) return { ready: true, reason: NO_KAFKA };
    const [issue] = publisherIssues();
    return issue === undefined ? { ready: true } : { ready: false, reason: issue.reason };
  };

  /** A process with the API stays in service without Kafka, which the API does not need. */
  const isNeeded = (role: string): boolean => role !== 'publisher' || !roles.includes('api');

  return async (): Promise<Readiness & { readonly makesProgress: boolean }> => {
    const database = await postgres();
    const byRole: Record<string, RoleReadiness> = {
      api: apiReady(database),
      projections: database,
      engine: engineReady(),
      publisher: publisherReady(),
    };
    const ready = roles.map((role) => [role, byRole[role] ?? { ready: true }] as const);
    const stopped = (projections?.status() ?? []).filter(({ state }) => state === 'stopped' || state === 'retrying');
    const isReady = ready.every(([role, { ready: each }]) => each || !isNeeded(role));
    const stalled = [
      ...(postgresDownSince === undefined ? [] : [{ component: 'postgres', since: postgresDownSince }]),
      ...stopped.map((status) => toHealthIssue(`projection ${status.name}`, status)),
      ...(lists?.issues() ?? []),
      ...stalls.all(),
      ...engineIssues(),
      ...(others?.issues() ?? []),
    ];
    return {
      ready: isReady,
      makesProgress: isReady && stalled.length === 0,
      roles: Object.fromEntries(ready),
      degraded: [...stalled, ...publisherIssues(), ...parkedIssues(parked.all()), ...issues.all()],
    };
  };
};

const parkedIssues = (parked: readonly StreamParked[]): HealthIssue[] => {
  if (parked.length === 0) return [];
  const sinceMs = parked.reduce((earliest, { recordedAt }) => Math.min(earliest, recordedAt), Number.POSITIVE_INFINITY);
  const named = firstOf(parked.map(({ stream, eventType }) => `${stream} (${eventType})`));
  return [toHealthIssue('parked streams', { sinceMs, why: `This version can't read some events: ${named}.` })];
};
