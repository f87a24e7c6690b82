import { createDraw, type Drawing } from './draw.ts';
import type { PlannedCommand } from './plan.ts';

/** More than there are jobs, and commands of their application. */
const FIRST_OF_BULKS = 200;
const ACTIONS = ['enable', 'disable', 'trigger', 'trigger', 'rerun', 'cancel'] as const;

/** By draws of their own: seeds without a bulk have the plans that they had before. */
export const drawBulks = (seed: number, { names, untilMs }: Drawing): PlannedCommand[] => {
  const draw = createDraw(seed, 'bulks');
  if (!draw.chance(0.2)) return [];
  return Array.from({ length: draw.between(1, 4) }, (_, index) => {
    const again = { afterMs: draw.one([0, 300, 3_000, 16_000]), process: draw.one(names) };
    return {
      atMs: draw.between(6_000, untilMs),
      process: draw.one(names),
      job: FIRST_OF_BULKS + index,
      ask: { kind: 'bulk', action: draw.one(ACTIONS) },
      ...(draw.chance(0.5) ? { again } : {}),
    };
  });
};
