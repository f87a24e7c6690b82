import type { Random } from '../../src/runtime/runtime.ts';
import { seededRandom } from '../support/world.ts';

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
