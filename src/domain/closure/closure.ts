import type { ClosureReason } from '../events/index.ts';

/** A span in which all slots of a job are skipped; epoch ms. */
export type Closure = {
  readonly fromMs: number;
  /** Exclusive. */
  readonly untilMs: number;
  readonly reason: ClosureReason;
};

/** The closures of a job that have an instant in (afterMs, untilMs]: in order, and apart from each other. */
export type Closures = (afterMs: number, untilMs: number) => readonly Closure[];

const NONE: readonly Closure[] = Object.freeze([]);

export const NO_CLOSURES: Closures = () => NONE;

/** The closure that an instant falls in. */
export const closureAt = (closures: Closures, instantMs: number): Closure | undefined =>
  closures(instantMs - 1, instantMs)[0];
