import { createDraw, type Drawing } from './draw.ts';
import type { PlannedCommand } from './plan.ts';

/** Above the numbers of all other jobs, and of what is asked of no job. */
const FIRST_OF_LEAVING = 400;
/** What a creation or a deletion takes, in steps of half a latency on average. */
const STEPS = 12;
const MAX_APPLICATIONS = 3;

/**
 * Applications that are deleted while jobs are created in them, and after their jobs were deleted. By draws of its own:
 * seeds without it have the plans that they had before.
 */
export const drawLeaving = (
  seed: number,
  { names, untilMs, latencyMs }: Drawing & { readonly latencyMs: number },
): PlannedCommand[] => {
  const draw = createDraw(seed, 'applications that leave');
  if (!draw.chance(0.3)) return [];
  let job = FIRST_OF_LEAVING;
  const again = () =>
    draw.chance(0.3) ? { again: { afterMs: draw.one([0, 300, 3_000]), process: draw.one(names) } } : {};
  return Array.from({ length: draw.between(1, MAX_APPLICATIONS) }, (_, extra): PlannedCommand[] => {
    const atMs = draw.between(5_000, untilMs - 4_000);
    const near = () => atMs + draw.between(0, STEPS * latencyMs);
    const creations = Array.from({ length: draw.between(1, 3) }, (): PlannedCommand[] => {
      const number = job++;
      const request = { kind: 'create' as const, pattern: '*/2 * * * * *', extra };
      const created = { atMs: near(), process: draw.one(names), job: number, ask: request, ...again() };
      if (draw.chance(0.5)) return [created];
      const later = created.atMs + draw.between(500, 3_000);
      return [created, { atMs: later, process: draw.one(names), job: number, ask: { kind: 'delete' } }];
    });
    const deletions = Array.from({ length: draw.between(1, 3) }, (): PlannedCommand => {
      const deletedMs = draw.chance(0.7) ? near() : atMs + draw.between(3_000, 12_000);
      return { atMs: deletedMs, process: draw.one(names), job: job++, ask: { kind: 'leave', extra }, ...again() };
    });
    return [...creations.flat(), ...deletions];
  }).flat();
};
