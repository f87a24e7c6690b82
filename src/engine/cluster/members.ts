import { NO_STREAM, type Revision } from '../../event-store/port.ts';
import { createOutageLog } from '../../telemetry/outage.ts';
import { awaitWithin } from '../../within.ts';
import type { World } from '../../world.ts';
import type { Membership } from '../ports.ts';
import { type CommonTime, untilSharp } from './common-time.ts';
import { untilTaken } from './handover.ts';
import type { LogBeats } from './log-beats.ts';
import { BEAT_EVERY_MS, createOwners, hashEngine, LEASE_MS, ownerOf } from './ownership.ts';
import { createPulses } from './pulses.ts';

/** This engine's membership in the cluster: its heartbeat, its lease, and which jobs it owns. */
export type Members = {
  /** Starts to beat. Resolves once a beat's answer was fast enough to tell the time by, or after five slow ones. */
  start(listeners: MembersListeners): Promise<void>;
  /** Owns its share of the jobs from now on. Resolves after two tries to record that. */
  work(): Promise<void>;
  /**
   * Gives this engine's jobs to the others. It owns them until the others have taken them, but no longer than
   * `limitMs`. Resolves when it owns none.
   */
  rest(limitMs: number): Promise<void>;
  stop(): Promise<void>;
  /** Takes a beat of another engine that the subscription brings. */
  hearInLog(engineId: string, revision: Revision): void;
  owns(jobId: number): boolean;
  /** Since when this engine has owned this job without a break, common time in ms; -Infinity if it always has. */
  ownsSinceMs(jobId: number): number;
  /**
   * Whether this engine should end a dead engine's execution of this job. It should if it owns the job, or would own it
   * among the engines that already worked at the dead engine's last beat: a later owner needs longer to find it dead.
   */
  endsFor(jobId: number, deadId: string): boolean;
  /** Finds which of these engines are dead. Reads their beats in the log before it says so. */
  deadAmong(engineIds: Iterable<string>): Promise<ReadonlySet<string>>;
  /** The engines that jobs are shared out to. */
  sharing(): readonly string[];
  /** Why this engine stands by, and since when (common time, ms); undefined while it does not. */
  standsBy(): { readonly why: string; readonly sinceMs: number } | undefined;
  /**
   * Whether the lease has held without a break since this monotonic instant. A lease that lapsed and was renewed has a
   * break: other engines may have taken this one for dead meanwhile.
   */
  leaseHeldSince(sinceMs: number): boolean;
};

export type MembersListeners = {
  /** Called when engines came or went, so that jobs have other owners. */
  readonly changed: () => void;
  /** Called before each beat in Postgres. The function it returns is called once that beat is acknowledged. */
  readonly beating: () => () => void;
};

type Options = {
  readonly engineId: string;
  /** The version of this process's time zone data. */
  readonly zoneData: string;
  /** No other engine can reach this database, so any other engine is dead. */
  readonly alone: boolean;
  readonly membership: Membership;
  readonly logBeats: LogBeats;
  readonly time: CommonTime;
  readonly world: World;
  /** Whether this engine stands still: then its jobs go to the others. */
  readonly standsStill: () => boolean;
};

/** If Postgres has not answered a beat within this time, a beat goes into the log. */
const PATIENCE_MS = 1_000;

export const createMembers = (options: Options): Members => {
  const { engineId, zoneData, alone, membership, logBeats, time, world, standsStill } = options;
  const stopping = new AbortController();
  let listeners: MembersListeners | undefined;
  const pulses = createPulses();
  let state: 'working' | 'resting' = 'resting';
  /** Whether it counts itself among the owners: already before it works, and until others have taken its jobs. */
  let takesPart = true;
  /** Whether its last acknowledged beat said that it doesn't stand still. */
  let isGivenJobs = true;
  const owners = createOwners(engineId);
  let standing: { readonly why: string; readonly sinceMs: number } | undefined;
  let joinedMs: number | undefined;
  let beatenAtMs = Number.NEGATIVE_INFINITY;
  let unbrokenSinceMs = Number.POSITIVE_INFINITY;
  let keptBeating: Promise<void> = Promise.resolve();
  owners.share([engineId], Number.NEGATIVE_INFINITY);

  const hearInLog = (id: string, revision: Revision): void =>
    pulses.hearInLog({ engineId: id, revision, atMs: world.clock.monotonic() });

  const readInLog = async (engineIds: readonly string[]): Promise<void> => {
    if (engineIds.length === 0) return;
    const last = await logBeats.lastOf(engineIds);
    for (const id of engineIds) hearInLog(id, last.get(id) ?? NO_STREAM);
  };

  /** Extends the lease, counted from when the beat was sent. After a lapse it holds only from now on. */
  const acknowledged = (sentMs: number): void => {
    const nowMs = world.clock.monotonic();
    if (nowMs - beatenAtMs >= LEASE_MS) unbrokenSinceMs = nowMs;
    beatenAtMs = Math.max(beatenAtMs, sentMs);
  };

  /** Beats in Postgres. @returns how long the answer of the time took, ms */
  const beat = async (): Promise<number> => {
    const sentMs = world.clock.monotonic();
    const isStill = standsStill();
    const said = isStill ? 'resting' : state;
    // The time that recording the beat took does not count.
    let askedMs = sentMs;
    const { serverMs, members } = await membership.beat({ engineId, zoneData, joinedMs, state: said }, () => {
      askedMs = world.clock.monotonic();
    });
    acknowledged(sentMs);
    const receivedMs = world.clock.monotonic();
    time.observe({ serverMs, sentMs: askedMs, receivedMs });
    const own = members.filter((member) => member.engineId === engineId);
    if (said === 'working') joinedMs ??= own[0]?.joinedMs;
    isGivenJobs = !isStill;
    pulses.hear({ members: alone ? own : members, atMs: receivedMs });
    share();
    return receivedMs - askedMs;
  };

  /** Shares jobs out to the working engines; if their time zone data differ, to those that have the eldest engine's. */
  const share = (): void => {
    const working = pulses
      .living()
      .filter((member) => (member.engineId === engineId ? takesPart && isGivenJobs : member.state === 'working'));
    const inForce = working[0]?.zoneData;
    const ids = working.filter((member) => member.zoneData === inForce).map((member) => member.engineId);
    standBy(!takesPart || inForce === undefined || inForce === zoneData ? undefined : inForce);
    if (!owners.share(ids, time.now())) return;
    world.log.info({ engineId, members: owners.sharing() }, 'scheduler: engines came or went');
    listeners?.changed();
  };

  const standBy = (inForce: string | undefined): void => {
    if (inForce === undefined) standing = undefined;
    if (inForce === undefined || standing !== undefined) return;
    const why = `this engine has the time zones of ${zoneData}, older engines those of ${inForce}: it stands by until they are gone; run all engines on one version of Node`;
    standing = { why, sinceMs: time.now() };
    world.log.warn({ engineId, zoneData, inForce }, `scheduler: ${why}`);
  };

  const postgres = createOutageLog(world.log, 'scheduler: heartbeats', { engineId });
  const log = createOutageLog(world.log, 'scheduler: heartbeats into the log', { engineId });

  const beatInPostgres = oneAtATime(async (): Promise<boolean> => {
    try {
      const beaten = listeners?.beating();
      await beat();
      beaten?.();
      postgres.worked();
      return true;
    } catch (error) {
      postgres.failed(error);
      return false;
    }
  });

  const beatInLog = oneAtATime(async (): Promise<void> => {
    try {
      const sentMs = world.clock.monotonic();
      await logBeats.beat();
      acknowledged(sentMs);
      log.worked();
    } catch (error) {
      log.failed(error);
    }
  });

  const keepBeating = async (): Promise<void> => {
    for (;;) {
      await world.timers.sleep(BEAT_EVERY_MS, stopping.signal);
      if (stopping.signal.aborted) return;
      const heldSinceMs = unbrokenSinceMs;
      const answered = new AbortController();
      const late = world.timers.sleep(PATIENCE_MS, answered.signal).then(() => false);
      const inPostgres = await Promise.race([beatInPostgres(), late]);
      answered.abort();
      // After a lapse others may take this engine for dead, and Postgres may lose the beat: so it goes into the log
      // too.
      if (!inPostgres || heldSinceMs !== unbrokenSinceMs) void beatInLog();
    }
  };

  const takers = (): Map<string, number> =>
    new Map(
      pulses
        .living()
        .filter((member) => member.engineId !== engineId && member.state === 'working')
        .map((member) => [member.engineId, member.beatenMs]),
    );

  const handOver = async (limitMs: number): Promise<void> => {
    const limit = new AbortController();
    const taken = untilTaken({ takers, beat: beatInPostgres, timers: world.timers, signal: limit.signal });
    await awaitWithin(world.timers, limitMs, taken);
    limit.abort();
  };

  return {
    start: async (given) => {
      listeners = given;
      await untilSharp(beat);
      keptBeating = keepBeating();
    },
    work: async () => {
      [state, takesPart] = ['working', true];
      // A beat that was already under way may have recorded that this engine rests.
      await beatInPostgres();
      await beatInPostgres();
    },
    rest: async (limitMs) => {
      const worked = state === 'working';
      [state, joinedMs] = ['resting', undefined];
      if (worked && limitMs > 0) await handOver(limitMs);
      takesPart = false;
      share();
    },
    stop: async () => {
      stopping.abort();
      await keptBeating;
      try {
        await awaitWithin(world.timers, PATIENCE_MS, membership.leave(engineId));
      } catch (error) {
        world.log.warn({ engineId, error }, 'scheduler: the engine could not take its leave');
      }
    },
    hearInLog,
    owns: owners.owns,
    ownsSinceMs: owners.ownsSinceMs,
    endsFor: (jobId, deadId) => {
      if (owners.owns(jobId)) return true;
      const elders = pulses.livingSince(deadId).filter((id) => owners.sharing().includes(id));
      return ownerOf(jobId, elders.map(hashEngine)) === engineId;
    },
    deadAmong: async (engineIds) => {
      const asked = new Set(engineIds);
      if (alone) return asked;
      // An old beat that is first read once its engine is silent would be taken for a new one.
      await readInLog([...asked].filter((id) => !pulses.knowsLogOf(id)));
      const silent = [...asked].filter(pulses.isDead);
      // The subscription may lag behind.
      await readInLog(silent);
      return new Set(silent.filter(pulses.isDead));
    },
    sharing: owners.sharing,
    standsBy: () => standing,
    leaseHeldSince: (sinceMs) => sinceMs >= unbrokenSinceMs && world.clock.monotonic() - beatenAtMs < LEASE_MS,
  };
};

/** Runs one call at a time: callers meanwhile get the result of the call under way. */
const oneAtATime = <T>(call: () => Promise<T>): (() => Promise<T>) => {
  let underWay: Promise<T> | undefined;
  return () => {
    underWay ??= call().finally(() => {
      underWay = undefined;
    });
    return underWay;
  };
};
