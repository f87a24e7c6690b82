import type { BenchOptions } from '../harness.ts';
import type { SteadyLoad } from './run-steady.ts';
import type { BenchTarget, Counts } from './target.ts';

/** What calls the target: Carillon or a peer of it, with what it keeps its jobs in, in processes of its own. */
export type Side = {
  /** Runs a number of jobs that are due at one instant. */
  storm(jobs: number): Promise<SideRun>;
  /** Runs a number of jobs that are due every second, after a warm-up. */
  steady(load: SteadyLoad): Promise<SideRun>;
  stop(): Promise<void>;
};

export type SideRun = {
  readonly exactlyOnce: 0 | 1;
  /** From the first slot until the last outcome was kept. */
  readonly tookMs: number;
  /** Of all processes of the side, from shortly before the first slot until all was done. */
  readonly cpuMs: number;
  /** Of all processes of the side, at the end. */
  readonly residentMb: number;
  readonly counts: Counts;
};

export type Surroundings = { readonly target: BenchTarget; readonly say: BenchOptions['say'] };
