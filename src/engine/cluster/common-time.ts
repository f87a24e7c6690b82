import type { Clock, Logger } from '../../world.ts';

/** The clock that all engines share: Postgres's, carried on by the monotonic clock between heartbeats. */
export type CommonTime = Clock & {
  /** A measurement: the server's clock, as read between these two monotonic instants. */
  observe(measurement: { readonly serverMs: number; readonly sentMs: number; readonly receivedMs: number }): void;
};

const JUMP_MS = 1_000;
/** A measurement is no better than half its round trip; one that is unsure by more says nothing of a jump. */
const SHARP_MS = 500;
const MOST_TRIES = 5;

/**
 * Measures until an answer was fast enough to tell the time by, or some were slow.
 * @param measure returns how long the answer of the time took, ms
 */
export const untilSharp = async (measure: () => Promise<number>): Promise<void> => {
  for (let tries = 0; tries < MOST_TRIES; tries++) if ((await measure()) <= 2 * SHARP_MS) return;
};
/**
 * A jump is followed only when it has held for this long. One that the process's own wall clock made as well is
 * followed at once: the monotonic clock stood still, as it does in a virtual machine that was paused.
 */
const HELD_MS = 60_000;

/** How fast two clocks may drift apart: what was measured once is the less sure the older it is. */
const DRIFT = 0.000_5;

type Measurement = {
  /** From the monotonic clock to the common one. */
  readonly offsetMs: number;
  /** By how much that may have been wrong then. */
  readonly unsureMs: number;
  /** Monotonic. */
  readonly atMs: number;
  /** How far the process's own wall clock was ahead of the monotonic one. */
  readonly wallAheadMs: number;
};

/** Until the first measurement the process's own wall clock counts. */
export const createCommonTime = (clock: Clock, log: Logger): CommonTime => {
  let known: Measurement | undefined;
  let jumpedAtMs: number | undefined;
  let latestMs = Number.NEGATIVE_INFINITY;

  /** Stands still rather than go back by what a measurement corrects. */
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
    // A late answer can look like a jump, and can hide one: it is used only where nothing better is known.
    if (found.unsureMs > Math.max(unsureMs, SHARP_MS)) return;
    const byMs = found.offsetMs - known.offsetMs;
    if (Math.abs(byMs) <= Math.max(JUMP_MS, unsureMs + found.unsureMs)) {
      jumpedAtMs = undefined;
      // The surer one counts, unless both can't be right.
      if (found.unsureMs <= unsureMs || Math.abs(byMs) > unsureMs + found.unsureMs) setTo(found);
      return;
    }
    if (byMs > 0 && Math.abs(byMs - (found.wallAheadMs - known.wallAheadMs)) <= JUMP_MS) {
      log.warn({ byMs: Math.round(byMs) }, 'this machine stood still for a while: its clocks are followed at once');
      setTo(found);
    } else if (jumpedAtMs === undefined) {
      jumpedAtMs = receivedMs;
      log.warn({ byMs: Math.round(byMs) }, 'the common clock jumped; followed when it holds for a minute');
    } else if (receivedMs - jumpedAtMs >= HELD_MS) {
      log.warn({ byMs: Math.round(byMs) }, 'the common clock is followed to its new time');
      setTo(found);
    }
  };

  return {
    observe,
    monotonic: () => clock.monotonic(),
    now,
  };
};
