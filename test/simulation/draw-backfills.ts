import { REPROCESS } from '../../src/domain/events/index.ts';
import { createDraw, type Drawing, withNew } from './draw.ts';
import type { PlannedCommand } from './plan.ts';

/** Has slots of the past called. By draws of their own: seeds without backfills have the plans that they had before. */
export const withBackfills = (
  seed: number,
  commands: readonly PlannedCommand[],
  { names, untilMs }: Drawing,
): PlannedCommand[] => {
  const draw = createDraw(seed, 'backfills');
  if (!draw.chance(0.4)) return [...commands];
  const created = commands.filter(({ ask: request }) => request.kind === 'create');
  const requested = created.flatMap(({ job, atMs: createdMs }) =>
    Array.from({ length: draw.between(0, 4) }, (): PlannedCommand => {
      const at = { atMs: draw.between(createdMs, untilMs), process: draw.one(names), job };
      if (draw.chance(0.2)) return { ...at, ask: { kind: 'cancelBackfill' } };
      const toAgoMs = draw.one([0, 300, 5_000, 30_000]);
      const again = { afterMs: draw.one([0, 300, 3_000, 16_000]), process: draw.one(names) };
      return {
        ...at,
        ask: {
          kind: 'backfill',
          toAgoMs,
          fromAgoMs: toAgoMs + draw.one([2_000, 10_000, 40_000]),
          reprocess: draw.one(REPROCESS),
          parallel: draw.one([1, 1, 3]),
        },
        ...(draw.chance(0.3) ? { again } : {}),
      };
    }),
  );
  return withNew(commands, requested);
};
