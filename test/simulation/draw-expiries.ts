import { createDraw, type Drawing, withNew } from './draw.ts';
import type { PlannedCommand } from './plan.ts';

/** Longer than any process stays away, and than limits count. */
const KEEP_MS = [25_000, 40_000];

/** Lets executions of jobs expire. By draws of their own: seeds without any have the plans that they had before. */
export const withExpiries = (
  seed: number,
  commands: readonly PlannedCommand[],
  { names, untilMs }: Drawing,
): PlannedCommand[] => {
  const draw = createDraw(seed, 'expiries');
  if (!draw.chance(0.35)) return [...commands];
  const created = commands.filter(({ ask: request }) => request.kind === 'create');
  const requested = created.flatMap(({ job, atMs: createdMs }) =>
    Array.from({ length: draw.between(1, 5) }, (): PlannedCommand => {
      const at = { atMs: draw.between(createdMs + 20_000, untilMs + 60_000), process: draw.one(names), job };
      return { ...at, ask: { kind: 'expire', keepMs: draw.one(KEEP_MS) } };
    }),
  );
  return withNew(commands, requested);
};
