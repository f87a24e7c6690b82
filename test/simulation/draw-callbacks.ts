import type { RuleFields } from '../../src/domain/events/index.ts';
import { createDraw, type Draw } from './draw.ts';
import type { Plan } from './plan.ts';

type Drawn = Pick<Plan, 'commands' | 'weather'>;

/**
 * Has the targets of some jobs take calls with 202, and say later how they ended, or nothing. By draws of its own: seeds
 * without it have the plans that they had before.
 */
export const withCallbacks = (seed: number, { commands, weather }: Drawn): Drawn => {
  const draw = createDraw(seed, 'callbacks');
  if (!draw.chance(0.3)) return { commands, weather };
  return {
    commands: commands.map((command) => {
      const { ask } = command;
      if (ask.kind !== 'create' || !draw.chance(0.6)) return command;
      return { ...command, ask: { ...ask, rules: { ...ask.rules, ...drawRules(draw) } } };
    }),
    weather: { ...weather, reports: { silentPercent: draw.one([5, 30]), longestMs: draw.one([300, 4_000, 15_000]) } },
  };
};

const drawRules = (draw: Draw): RuleFields => ({
  completion: 'callback',
  deadline: draw.one(['2s', '8s', '20s']),
  ...(draw.chance(0.5) ? { heartbeatTimeout: draw.one(['1s', '2s']) } : {}),
});
