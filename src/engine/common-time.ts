import type { Clock, Log } from '../world.ts';

/** The clock that all engines share: Postgres's, carried on by the monotonic clock between heartbeats. */
export type CommonTime = Clock & {
  /** A measurement: the server's clock, as read between these two monotonic instants. */
  observe(of: { readonly serverMs: number; readonly sentMs: number; readonly receivedMs: number }): void;
};

const JUMP_MS = 1_000;
/** A measurement is no better than half its round trip; one that is off by no more than this is good for a slot. */
export const SHARP_MS = 500;
/** A jump is followed only when it has held for this long. */
const HELD_MS = 60_000;

/** Until the first measurement the process's own wall clock counts. */
export const createCommonTime = (clock: Clock, log: Log): CommonTime => {
  let offsetMs: number | undefined;
  /** By how much that may be wrong. */
  let unsureMs = Number.POSITIVE_INFINITY;
  let jumpedAtMs: number | undefined;
  let latestMs = Number.NEGATIVE_INFINITY;

  /** Stands still rather than go back by what a measurement corrects. */
  const now = (): number => {
    latestMs = Math.max(latestMs, offsetMs === undefined ? clock.now() : Math.floor(clock.monotonic() + offsetMs));
    return latestMs;
  };
  const setTo = (measured: number, byMs: number): void => {
    if (offsetMs === undefined || Math.abs(measured - offsetMs) > JUMP_MS) latestMs = Number.NEGATIVE_INFINITY;
    offsetMs = measured;
    unsureMs = byMs;
    jumpedAtMs = undefined;
  };

  const observe: CommonTime['observe'] = ({ serverMs, sentMs, receivedMs }) => {
    const measured = serverMs - (sentMs + receivedMs) / 2;
    const byMs = (receivedMs - sentMs) / 2;
    // A late answer can look like a jump, and can hide one: it is used only where nothing better is known.
    if (byMs > Math.max(unsureMs, SHARP_MS)) return;
    const agreedMs = Math.max(JUMP_MS, unsureMs > SHARP_MS ? unsureMs + byMs : 0);
    if (offsetMs === undefined || Math.abs(measured - offsetMs) <= agreedMs) {
      setTo(measured, byMs);
      return;
    }
    if (jumpedAtMs === undefined) {
      jumpedAtMs = receivedMs;
      log.warn(
        { byMs: Math.round(measured - offsetMs) },
        'the common clock jumped; followed when it holds for a minute',
      );
    } else if (receivedMs - jumpedAtMs >= HELD_MS) {
      log.warn({ byMs: Math.round(measured - offsetMs) }, 'the common clock is followed to its new time');
      setTo(measured, byMs);
    }
  };

  return {
    observe,
    monotonic: () => clock.monotonic(),
    now,
  };
};
