import type { Clock } from '../../runtime/world.ts';
import type { ReadingProgress } from '../builds.ts';
import type { FillProgress } from './fill.ts';

/** How often progress is reported. */
const TELL_MS = 500;

/** Tells at most twice a second how fast the log is being read. */
export const createReadingMeter = (
  clock: Clock,
  tell: (reading: ReadingProgress) => void,
): ((progress: FillProgress) => void) => {
  let first: { readonly atMs: number; readonly position: number; readonly events: number } | undefined;
  let toldMs = 0;
  return ({ events, position }) => {
    const nowMs = clock.monotonic();
    first ??= { atMs: nowMs, position: Number(position), events };
    if (nowMs - toldMs < TELL_MS) return;
    toldMs = nowMs;
    const seconds = Math.max(nowMs - first.atMs, 1) / 1_000;
    tell({
      readTo: position,
      eventsPerSecond: (events - first.events) / seconds,
      positionsPerSecond: (Number(position) - first.position) / seconds,
    });
  };
};
