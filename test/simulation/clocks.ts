import type { Trace } from './trace.ts';

/** Where a simulation begins, epoch ms. */
export const EPOCH_MS = Date.UTC(2026, 0, 1);

/** The wall clocks of all processes, each as far off as it was put; Postgres's is the one that engines share. */
export type Clocks = {
  /** Epoch ms. */
  nowOf(name: string): number;
  put(name: string, byMs: number): void;
  commonMs(): number;
  /** Engines follow a clock that was put only after a while: until then its older times are as right, to the latest. */
  latestCommonMs(): number;
};

export const createClocks = (nowMs: () => number, trace: Trace): Clocks => {
  const offMs = new Map<string, number>();
  let furthestMs = 0;
  const nowOf = (name: string): number => EPOCH_MS + Math.floor(nowMs()) + (offMs.get(name) ?? 0);
  return {
    nowOf,
    put: (name, byMs) => {
      trace.note(name, 'has its clock put', { byMs });
      offMs.set(name, (offMs.get(name) ?? 0) + byMs);
      furthestMs = Math.max(furthestMs, offMs.get('postgres') ?? 0);
    },
    commonMs: () => nowOf('postgres'),
    latestCommonMs: () => EPOCH_MS + Math.floor(nowMs()) + furthestMs,
  };
};
