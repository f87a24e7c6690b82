import { pollAfterDelay } from '../../runtime/poll.ts';
import { createOutageLog } from '../../runtime/retry.ts';
import type { Clock, Logger, Runtime } from '../../runtime/runtime.ts';

/** The clock that all engines share: the clock of Postgres, continued by the monotonic clock between measurements. */
export type CommonTime = Clock & {
  /** Takes a measurement: the server's clock was read between these two monotonic instants. */
  observe(measurement: { readonly serverMs: number; readonly sentMs: number; readonly receivedMs: number }): void;
};

const JUMP_MS = 1_000;
/** A measurement may be wrong by half its round trip. One that may be wrong by more than this can't prove a jump. */
const SHARP_MS = 500;
const MAX_TRIES = 5;

/**
 * Measures until a response was fast enough to tell the time by, five times at most.
 * @param measure returns how long the response took, ms
 */
export const retryUntilPrecise = async (measure: () => Promise<number>): Promise<void> => {
  for (let tries = 0; tries < MAX_TRIES; tries++) if ((await measure()) <= 2 * SHARP_MS) return;
};

/**
 * A jump of the common clock is followed only after it has lasted this long. A jump that the process's own wall clock
 * made too is followed at once: then the monotonic clock stood still, as in a virtual machine that was paused.
 */
const HELD_MS = 60_000;

/** How fast two clocks may drift apart: an older measurement is less exact. */
const DRIFT = 0.000_5;

type Measurement = {
  /** What to add to the monotonic clock for the common time. */
  readonly offsetMs: number;
  /** By how much the offset may have been wrong when it was measured. */
  readonly unsureMs: number;
  /** Monotonic. */
  readonly atMs: number;
  /** The process's wall clock minus the monotonic clock. */
  readonly wallAheadMs: number;
};

/** Creates the common clock. Until the first measurement it shows the process's own wall clock. */
export const createCommonTime = (clock: Clock, log: Logger): CommonTime => {
  let known: Measurement | undefined;
  let jumpedAtMs: number | undefined;
  let latestMs = Number.NEGATIVE_INFINITY;

  /** Never goes back after a small correction: it stands still until the corrected time has caught up. */
  const now = (): number => {
    latestMs = Math.max(latestMs, known === undefined ? clock.now() : Math.floor(clock.monotonic() + known.offsetMs));
    return latestMs;
  };
  const setTo = (found: Measurement): void => {
    if (known === undefined || Math.abs(found.offsetMs - known.offsetMs) > JUMP_MS) latestMs = Number.NEGATIVE_INFINITY;
    known = found;
    jumpedAtMs = undefined;
  };

  const observe: CommonTime['observe'] = ({ serverMs, sentMs, receivedMs }) => {
    const found: Measurement = {
      offsetMs: serverMs - (sentMs + receivedMs) / 2,
      unsureMs: (receivedMs - sentMs) / 2,
      atMs: receivedMs,
      wallAheadMs: clock.now() - clock.monotonic(),
    };
    if (known === undefined) return setTo(found);
    const unsureMs = known.unsureMs + (receivedMs - known.atMs) * DRIFT;
    // A slow response can look like a jump and can hide one, so it is used only if nothing better is known.
    if (found.unsureMs > Math.max(unsureMs, SHARP_MS)) return;
    const byMs = found.offsetMs - known.offsetMs;
    if (Math.abs(byMs) <= Math.max(JUMP_MS, unsureMs + found.unsureMs)) {
      jumpedAtMs = undefined;
      // The more exact measurement wins, unless the two contradict each other: then the newer one does.
      if (found.unsureMs <= unsureMs || Math.abs(byMs) > unsureMs + found.unsureMs) setTo(found);
      return;
    }
    if (byMs > 0 && Math.abs(byMs - (found.wallAheadMs - known.wallAheadMs)) <= JUMP_MS) {
      log.warn({ byMs: Math.round(byMs) }, 'this machine was suspended for a while: its clocks are used immediately');
      setTo(found);
    } else if (jumpedAtMs === undefined) {
      jumpedAtMs = receivedMs;
      log.warn({ byMs: Math.round(byMs) }, 'the common clock jumped; the new time is used if it holds for 1 minute');
    } else if (receivedMs - jumpedAtMs >= HELD_MS) {
      log.warn({ byMs: Math.round(byMs) }, 'the common clock has been adjusted to its new time');
      setTo(found);
    }
  };

  return {
    observe,
    monotonic: () => clock.monotonic(),
    now,
  };
};

/** Keeps a process without an engine on the common time, by which its commands decide. */
export type TimeKeeper = {
  /** Resolves once a response was fast enough to tell the time by, or after five slow ones. */
  start(): Promise<void>;
  stop(): void;
};

const MEASURE_EVERY_MS = 5_000;

/** @param serverTime reads the clock of Postgres, epoch ms */
export const createTimeKeeper = (world: Runtime, time: CommonTime, serverTime: () => Promise<number>): TimeKeeper => {
  const stopping = new AbortController();

  /** @returns how long the response took, ms */
  const measure = async (): Promise<number> => {
    const sentMs = world.clock.monotonic();
    const serverMs = await serverTime();
    const receivedMs = world.clock.monotonic();
    time.observe({ serverMs, sentMs, receivedMs });
    return receivedMs - sentMs;
  };

  const measurements = createOutageLog(world.log, 'measurements of the common clock');

  const look = async (): Promise<void> => {
    try {
      await measure();
      measurements.worked();
    } catch (error) {
      measurements.failed(error);
    }
  };

  return {
    start: async () => {
      await retryUntilPrecise(measure);
      void pollAfterDelay(look, { timers: world.timers, everyMs: MEASURE_EVERY_MS, signal: stopping.signal });
    },
    stop: () => stopping.abort(),
  };
};
