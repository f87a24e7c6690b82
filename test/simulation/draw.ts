import type { Random } from '../../src/runtime/runtime.ts';
import { seededRandom } from '../support/world.ts';
import type { PlannedCommand } from './plan.ts';

/** Names of processes, and when it must be calm. */
export type Drawing = { readonly names: readonly string[]; readonly untilMs: number };

/** Draws of one part of a simulation: what one part draws changes nothing of what another does. */
export type Draw = Random & {
  /** A whole number in [from, to]. */
  between(from: number, to: number): number;
  chance(probability: number): boolean;
  one<T>(of: readonly T[]): T;
};

export const createDraw = (seed: number, part: string): Draw => {
  const random = seededRandom(mix(seed, part));
  const between = (from: number, to: number): number => from + Math.floor(random.fraction() * (to - from + 1));
  return {
    ...random,
    between,
    chance: (probability) => random.fraction() < probability,
    one: (of) => {
      const drawn = of[between(0, of.length - 1)];
      if (drawn === undefined) throw new Error('nothing to draw from');
      return drawn;
    },
  };
};

/** FNV-1a. */
const mix = (seed: number, part: string): number => {
  let hash = 0x811c9dc5;
  for (const char of `${seed}/${part}`) hash = Math.imul(hash ^ char.charCodeAt(0), 0x01000193);
  return hash >>> 0;
};

/** Adds commands, except to a job at a moment that has one: job and moment are the name of a command. */
export const withNew = (commands: readonly PlannedCommand[], added: readonly PlannedCommand[]): PlannedCommand[] => {
  const nameOf = ({ job, atMs }: PlannedCommand): string => `${job} ${atMs}`;
  const taken = new Set(commands.map(nameOf));
  return [...commands, ...added.filter((command) => !taken.has(nameOf(command)) && taken.add(nameOf(command)))];
};
