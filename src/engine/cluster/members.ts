import type { Revision } from '../../event-store/port.ts';
import { createOutageLog } from '../../telemetry/outage.ts';
import type { World } from '../../world.ts';
import type { Membership } from '../ports.ts';
import { within } from '../within.ts';
import { type CommonTime, untilSharp } from './common-time.ts';
import { untilTaken } from './handover.ts';
import type { LogBeats } from './log-beats.ts';
import { BEAT_EVERY_MS, createOwners, hashEngine, LEASE_MS, ownerOf } from './ownership.ts';
import { createPulses } from './pulses.ts';

/** This engine among the others: its heartbeat, its lease, and which jobs are its own. */
export type Members = {
  /** Resolves after the first beat whose answer was fast enough to tell the time by, or after some slow ones. */
  start(): Promise<void>;
  /** Takes its share of the jobs from now on. Resolves when that was tried to be said. */
  work(): Promise<void>;
  /**
   * Gives its jobs to the others; it goes on owning them until these have had the time to take them, `limitMs` at the
   * most. Resolves when it owns none.
   */
  rest(limitMs: number): Promise<void>;
  stop(): Promise<void>;
  /** A beat of another engine, as the subscription brings it. */
  hearInLog(engineId: string, revision: Revision): void;
  owns(jobId: number): boolean;
  /** Since when without a break it has owned this job of its own, common time; earlier than all where it always has. */
  ownsSinceMs(jobId: number): number;
  /**
   * Whether this engine is to end what a dead one ran of this job: its own job, or one whose owner came only after the
   * last beat of the dead, and has to listen for longer than those who were there.
   */
  endsFor(jobId: number, deadId: string): boolean;
  /** Those among these incarnations whose runs are lost; also the log was asked whether they live. */
  deadAmong(engineIds: Iterable<string>): Promise<ReadonlySet<string>>;
  /** Whom jobs are shared among. */
  sharing(): readonly string[];
  /** Why this engine is not among them, since when (common time), while that is so. */
  standsBy(): { readonly why: string; readonly sinceMs: number } | undefined;
  /**
   * Since this monotonic instant the last acknowledged beat has always been younger than one lease. One that lapsed in
   * between and was taken up again does not count: others may have taken this engine for dead meanwhile.
   */
  leaseHeldSince(sinceMs: number): boolean;
};

type Options = {
  readonly engineId: string;
  /** The version of the time zones' rules that this process goes by. */
  readonly zoneData: string;
  /** Nobody else can be at this database: whoever is not this engine has died. */
  readonly alone: boolean;
  readonly membership: Membership;
  readonly logBeats: LogBeats;
  readonly time: CommonTime;
  readonly world: World;
  /** Nothing comes of this engine's work: others are given its jobs for so long. */
  readonly standsStill: () => boolean;
  /** Others came or went: jobs have other owners now. */
  readonly changed: () => void;
  /** Before each beat in Postgres; what it returns is called once that beat was acknowledged. */
  readonly beating: () => () => void;
};

/** Postgres has so long to answer a beat until there is one in the log. */
const PATIENCE_MS = 1_000;

export const createMembers = (options: Options): Members => {
  const { engineId, zoneData, alone, membership, logBeats, time, world, standsStill, changed, beating } = options;
  const stopping = new AbortController();
  const pulses = createPulses();
  let state: 'working' | 'resting' = 'resting';
  /** Jobs are shared out as if it worked: before it does, so that they are ready, and until others have taken them. */
  let takesPart = true;
  /** It does not stand still, as far as others were told. */
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

  /** A lease counts from when the beat was sent; a new one covers nothing from before its beat was known to be there. */
  const acknowledged = (sentMs: number): void => {
    const nowMs = world.clock.monotonic();
    if (nowMs - beatenAtMs >= LEASE_MS) unbrokenSinceMs = nowMs;
    beatenAtMs = Math.max(beatenAtMs, sentMs);
  };

  /** @returns how long the answer of the time took, ms */
  const beat = async (): Promise<number> => {
    const sentMs = world.clock.monotonic();
    const isStill = standsStill();
    const said = isStill ? 'resting' : state;
    // The commit of the beat before it is no part of how long the time took to come.
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

  /** Jobs are shared among those that work; where these go by different rules of time zones, among those of the eldest's. */
  const share = (): void => {
    const working = pulses
      .living()
      .filter((member) => (member.engineId === engineId ? takesPart && isGivenJobs : member.state === 'working'));
    const inForce = working[0]?.zoneData;
    const ids = working.filter((member) => member.zoneData === inForce).map((member) => member.engineId);
    standBy(!takesPart || inForce === undefined || inForce === zoneData ? undefined : inForce);
    if (!owners.share(ids, time.now())) return;
    world.log.info({ engineId, members: owners.sharing() }, 'scheduler: engines came or went');
    changed();
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
      const beaten = beating();
      await beat();
      beaten();
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
      // Others may take an engine whose lease had lapsed for dead, and Postgres may lose what it was told.
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
    await within(taken, { limitMs, timers: world.timers });
    limit.abort();
  };

  return {
    start: async () => {
      await untilSharp(beat);
      keptBeating = keepBeating();
    },
    work: async () => {
      [state, takesPart] = ['working', true];
      // One that is under way may have said otherwise.
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
        await within(membership.leave(engineId), { limitMs: PATIENCE_MS, timers: world.timers });
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
      const silent = [...asked].filter(pulses.isDead);
      if (silent.length === 0) return new Set();
      // The subscription may lag behind, and may have begun after their last beats.
      for (const [id, revision] of await logBeats.lastOf(silent)) hearInLog(id, revision);
      return new Set(silent.filter(pulses.isDead));
    },
    sharing: owners.sharing,
    standsBy: () => standing,
    leaseHeldSince: (sinceMs) => sinceMs >= unbrokenSinceMs && world.clock.monotonic() - beatenAtMs < LEASE_MS,
  };
};

/** While a call is under way, others get its answer. */
const oneAtATime = <T>(call: () => Promise<T>): (() => Promise<T>) => {
  let underWay: Promise<T> | undefined;
  return () => {
    underWay ??= call().finally(() => {
      underWay = undefined;
    });
    return underWay;
  };
};
