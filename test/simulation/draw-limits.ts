import { createDraw, type Draw, type Drawing } from './draw.ts';
import type { Plan, PlannedCommand, PlannedLimit } from './plan.ts';

/** More than there are jobs, and than there are changes of secrets. */
const FIRST_OF_LIMITS = 200;

const drawLimit = (draw: Draw, name: string): PlannedLimit => {
  const rate = { count: draw.between(1, 3), per: draw.one([1_000, 3_000, 10_000]) };
  const parallel = draw.between(1, 3);
  return draw.one([
    { name, parallel: 1 },
    { name, parallel },
    { name, rate },
    { name, parallel, rate },
  ]);
};

/**
 * Gives most jobs of some plans a limit. By draws of its own: seeds without limits have the plans that they had before.
 */
export const withLimits = (
  seed: number,
  commands: readonly PlannedCommand[],
  { names, untilMs }: Drawing,
): Pick<Plan, 'limits' | 'commands'> => {
  const draw = createDraw(seed, 'limits');
  if (!draw.chance(0.3)) return { limits: [], commands: [...commands] };
  const limits = ['one', 'two'].slice(0, draw.between(1, 2)).map((name) => drawLimit(draw, name));
  const limited = commands.map((command) =>
    command.ask.kind === 'create' && draw.chance(0.85)
      ? { ...command, ask: { ...command.ask, rules: { ...command.ask.rules, limit: draw.one(limits).name } } }
      : command,
  );
  const changes = Array.from({ length: draw.chance(0.2) ? draw.between(1, 3) : 0 }, (_, index): PlannedCommand => {
    const limit = drawLimit(draw, draw.one(limits).name);
    const atMs = draw.between(3_000, untilMs);
    return { atMs, process: draw.one(names), job: FIRST_OF_LIMITS + index, ask: { kind: 'limit', limit } };
  });
  return { limits, commands: [...limited, ...changes] };
};
