import { engineStream } from '../../domain/streams.ts';
import { NO_STREAM, type Revision } from '../../event-store/port.ts';
import { awaitWithTimeout } from '../../runtime/timeout.ts';
import type { EngineContext, EngineSetup } from '../context.ts';
import type { Member } from '../ports.ts';
import { createHeartbeatTracker } from './heartbeat-tracker.ts';
import { type Beat, createHeartbeats, type Heartbeats } from './heartbeats.ts';
import { createOwners, hashEngine, type OwnedJob, ownerOf } from './ownership.ts';

/** This engine's membership in the cluster: which engines live, and which jobs it owns among them. */
export type Members = {
  /** Starts to beat. Resolves once a beat's response was fast enough to tell the time by, or after five slow ones. */
  start(listeners: {
    /** Called when engines came or went, so that jobs have other owners. */
    readonly changed: () => void;
    /** Called before each beat in Postgres. The function it returns is called once that beat is acknowledged. */
    readonly beating: () => () => void;
  }): Promise<void>;
  /** Owns its share of the jobs from now on. Resolves after two tries to record that. */
  work(): Promise<void>;
  /**
   * Gives this engine's jobs to the others. It owns them until the others have taken them, but no longer than
   * `limitMs`. Resolves when it owns none.
   */
  rest(limitMs: number): Promise<void>;
  /** Takes a beat of another engine that the subscription brings. */
  hearInLog(engineId: string, revision: Revision): void;
  /** Beats at once, since somebody waits to know that this engine has taken in a change. */
  tellTaken(): void;
  leave: Heartbeats['leave'];
  leaseHeldSince: Heartbeats['leaseHeldSince'];
  owns(job: OwnedJob): boolean;
  /** Since when this engine has owned this job without a break, common time in ms; -Infinity if it always has. */
  ownsSinceMs(job: OwnedJob): number;
  /**
   * Whether this engine should end a dead engine's execution of this job. It should if it owns the job, or would own it
   * among the engines that already worked at the dead engine's last beat: a later owner needs longer to find it dead.
   */
  endsFor(job: OwnedJob, deadId: string): boolean;
  /** Finds which of these engines are dead. Reads their beats in the log before it says so. */
  deadAmong(engineIds: Iterable<string>): Promise<ReadonlySet<string>>;
  /** The engines that jobs are shared out to. */
  sharing(): readonly string[];
  /** Why this engine stands by, and since when (common time, ms); undefined while it does not. */
  standbyReason(): { readonly why: string; readonly sinceMs: number } | undefined;
};

const POLL_INTERVAL_MS = 200;
/** With its first beat another engine reads that this one rests; by the second it has taken its share of the jobs. */
const BEATS_TO_TAKE = 2;

export const createMembers = (
  setup: EngineSetup,
  { gate, watchdog }: Pick<EngineContext, 'gate' | 'watchdog'>,
  appendBeat: () => Promise<void>,
): Members => {
  const { engineId, store, zoneData, timeoutMs, alone, time, world } = setup;
  let changed = (): void => {};
  const pulses = createHeartbeatTracker(timeoutMs);
  let state: 'working' | 'resting' = 'resting';
  /** Whether it counts itself among the owners: already before it works, and until others have taken its jobs. */
  let takesPart = true;
  /** Whether its last acknowledged beat said that it doesn't stand still. */
  let isGivenJobs = true;
  const owners = createOwners(engineId);
  let standing: { readonly why: string; readonly sinceMs: number } | undefined;
  let joinedMs: number | undefined;
  owners.share([engineId], Number.NEGATIVE_INFINITY);

  const hearInLog = (id: string, revision: Revision): void =>
    pulses.hearInLog({ engineId: id, revision, atMs: world.clock.monotonic() });

  const readInLog = async (engineIds: readonly string[]): Promise<void> => {
    if (engineIds.length === 0) return;
    const last = await store.readLast(engineIds.map(engineStream));
    for (const [index, id] of engineIds.entries()) hearInLog(id, last[index]?.revision ?? NO_STREAM);
  };

  const nextBeat = (): Beat => {
    const isStill = watchdog.standstill() !== undefined;
    const said = isStill ? 'resting' : state;
    return {
      says: { engineId, zoneData, timeoutMs, joinedMs, state: said, takenPosition: gate.reached() },
      responded: ({ members, atMs }) => {
        const own = members.filter((member) => member.engineId === engineId);
        if (said === 'working') joinedMs ??= own[0]?.joinedMs;
        isGivenJobs = !isStill;
        pulses.hear({ members: alone ? own : members, atMs });
        share();
      },
    };
  };

  /** Shares jobs out to the working engines; if their time zone data differ, to those that have the eldest engine's. */
  const share = (): void => {
    const working = pulses
      .living()
      .filter((member) => (member.engineId === engineId ? takesPart && isGivenJobs : member.state === 'working'));
    const activeDefinition = working[0]?.zoneData;
    const ids = working.filter((member) => member.zoneData === activeDefinition).map((member) => member.engineId);
    const standsBy = takesPart && activeDefinition !== undefined && activeDefinition !== zoneData;
    if (!standsBy) standing = undefined;
    else if (standing === undefined) {
      const why = `this engine has the time zone data ${zoneData}, older engines have ${activeDefinition}: it is on standby until they stop. Run all engines on the same version of Node`;
      standing = { why, sinceMs: time.now() };
      world.log.warn({ engineId, zoneData, activeDefinition }, `scheduler: ${why}`);
    }
    if (!owners.share(ids, time.now())) return;
    world.log.info({ engineId, members: owners.sharing() }, 'scheduler: engines joined or left');
    changed();
  };

  const beats = createHeartbeats(setup, appendBeat, nextBeat);

  /** Records what is so now: a beat that was already in progress may say what was so before. */
  const beatAfresh = async (): Promise<void> => {
    await beats.beat();
    await beats.beat();
  };

  let isTelling = false;
  let isToldAgain = false;
  const tell = async (): Promise<void> => {
    isTelling = true;
    do {
      isToldAgain = false;
      await beatAfresh();
    } while (isToldAgain);
    isTelling = false;
  };

  /** Resolves when the other engines have taken over the jobs of this resting engine, or when the signal aborts. */
  const untilTaken = async (signal: AbortSignal): Promise<void> => {
    const heard = new Map<string, { readonly beatenMs: number; readonly beats: number }>();
    const beatsOf = ({ engineId: id, beatenMs }: Member): number => {
      const before = heard.get(id) ?? { beatenMs, beats: 0 };
      const now = before.beatenMs === beatenMs ? before : { beatenMs, beats: before.beats + 1 };
      heard.set(id, now);
      return now.beats;
    };
    // A beat that was already in progress may still have recorded that this engine works.
    await beats.beat();
    while (!signal.aborted) {
      if (await beats.beat()) {
        const takers = pulses.living().filter((member) => member.engineId !== engineId && member.state === 'working');
        if (takers.map(beatsOf).every((count) => count >= BEATS_TO_TAKE)) return;
      }
      await world.timers.sleep(POLL_INTERVAL_MS, signal);
    }
  };

  return {
    start: (listeners) => {
      changed = listeners.changed;
      return beats.start(listeners.beating);
    },
    work: () => {
      [state, takesPart] = ['working', true];
      return beatAfresh();
    },
    rest: async (limitMs) => {
      const worked = state === 'working';
      [state, joinedMs] = ['resting', undefined];
      if (worked && limitMs > 0) {
        const limit = new AbortController();
        await awaitWithTimeout(world.timers, limitMs, untilTaken(limit.signal));
        limit.abort();
      }
      takesPart = false;
      share();
    },
    leave: beats.leave,
    hearInLog,
    tellTaken: () => {
      isToldAgain = true;
      if (!isTelling) void tell();
    },
    owns: owners.owns,
    ownsSinceMs: owners.ownsSinceMs,
    endsFor: (job, deadId) => {
      if (owners.owns(job)) return true;
      const elders = pulses.livingSince(deadId).filter((id) => owners.sharing().includes(id));
      return ownerOf(job, elders.map(hashEngine)) === engineId;
    },
    deadAmong: async (engineIds) => {
      const ids = new Set(engineIds);
      if (alone) return ids;
      // An old beat that is first read once its engine is silent would be taken for a new one.
      await readInLog([...ids].filter((id) => !pulses.knowsLogOf(id)));
      const silent = [...ids].filter(pulses.isDead);
      // The subscription may lag behind.
      await readInLog(silent);
      return new Set(silent.filter(pulses.isDead));
    },
    sharing: owners.sharing,
    standbyReason: () => standing,
    leaseHeldSince: beats.leaseHeldSince,
  };
};
