import type { World } from '../world.ts';
import { type CommonTime, SHARP_MS } from './common-time.ts';
import { BEAT_EVERY_MS, LEASE_MS, ownerOf, type Seeded, seeded } from './ownership.ts';
import type { Membership } from './ports.ts';
import { createPulses } from './pulses.ts';

/** This engine among the others: its heartbeat, its lease, and which jobs are its own. */
export type Members = {
  /** Resolves after the first beat whose answer was fast enough to tell the time by, or after some slow ones. */
  start(): Promise<void>;
  stop(): Promise<void>;
  owns(jobId: number): boolean;
  /** What that incarnation runs is lost. */
  isDead(engineId: string): boolean;
  living(): readonly string[];
  /**
   * Since this monotonic instant the last acknowledged beat has always been younger than one lease. One that lapsed in
   * between and was taken up again does not count: others may have taken this engine for dead meanwhile.
   */
  leaseHeldSince(sinceMs: number): boolean;
};

type Options = {
  readonly engineId: string;
  readonly membership: Membership;
  readonly time: CommonTime;
  readonly world: World;
  /** Others came or went: jobs have other owners now. */
  readonly changed: () => void;
  /** Before each beat; what it returns is called once that beat was acknowledged. */
  readonly beating: () => () => void;
};

const MOST_TRIES = 5;

export const createMembers = ({ engineId, membership, time, world, changed, beating }: Options): Members => {
  const stopping = new AbortController();
  const pulses = createPulses();
  let engines: readonly Seeded[] = [seeded(engineId)];
  let beatenAtMs = Number.NEGATIVE_INFINITY;
  let unbrokenSinceMs = Number.POSITIVE_INFINITY;
  let keptBeating: Promise<void> = Promise.resolve();

  /** @returns how long the answer of the time took, ms */
  const beat = async (): Promise<number> => {
    const sentMs = world.clock.monotonic();
    // The commit of the beat before it is no part of how long the time took to come.
    let askedMs = sentMs;
    const { serverMs, members } = await membership.beat(engineId, () => {
      askedMs = world.clock.monotonic();
    });
    const receivedMs = world.clock.monotonic();
    // A lease counts from when the beat was sent: others count from no later than that.
    if (receivedMs - beatenAtMs >= LEASE_MS) unbrokenSinceMs = sentMs;
    beatenAtMs = sentMs;
    time.observe({ serverMs, sentMs: askedMs, receivedMs });
    pulses.hear({ serverMs, members, atMs: receivedMs });
    const alive = pulses.living();
    if (alive.length === engines.length && alive.every((id, index) => id === engines[index]?.engineId))
      return receivedMs - askedMs;
    engines = alive.map(seeded);
    world.log.info({ engineId, members: alive }, 'scheduler: engines came or went');
    changed();
    return receivedMs - askedMs;
  };

  const keepBeating = async (): Promise<void> => {
    for (;;) {
      await world.timers.sleep(BEAT_EVERY_MS, stopping.signal);
      if (stopping.signal.aborted) return;
      try {
        const beaten = beating();
        await beat();
        beaten();
      } catch (error) {
        world.log.warn({ engineId, error }, 'scheduler: a heartbeat failed');
      }
    }
  };

  return {
    start: async () => {
      for (let tries = 0; tries < MOST_TRIES; tries++) if ((await beat()) <= 2 * SHARP_MS) break;
      keptBeating = keepBeating();
    },
    stop: async () => {
      stopping.abort();
      await keptBeating;
      try {
        await membership.leave(engineId);
      } catch (error) {
        world.log.warn({ engineId, error }, 'scheduler: the engine could not take its leave');
      }
    },
    owns: (jobId) => (engines.length === 1 ? engines[0]?.engineId === engineId : ownerOf(jobId, engines) === engineId),
    isDead: pulses.isDead,
    living: () => engines.map((engine) => engine.engineId),
    leaseHeldSince: (sinceMs) => sinceMs >= unbrokenSinceMs && world.clock.monotonic() - beatenAtMs < LEASE_MS,
  };
};
