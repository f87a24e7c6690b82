import type { Retry, RuleFields } from '../../src/domain/events/index.ts';
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
  const retryDraw = createDraw(seed, 'retries of callbacks');
  const areRetried = retryDraw.chance(0.5);
  return {
    commands: commands.map((command) => {
      const { ask: request } = command;
      if (request.kind !== 'create' || !draw.chance(0.6)) return command;
      const rules: RuleFields = { ...request.rules, ...drawRules(draw) };
      const retry = areRetried ? { retry: drawRetry(retryDraw, rules.retry) } : {};
      return { ...command, ask: { ...request, rules: { ...rules, ...retry } } };
    }),
    weather: { ...weather, reports: { silentPercent: draw.one([5, 30]), longestMs: draw.one([300, 4_000, 15_000]) } },
  };
};

const drawRules = (draw: Draw): RuleFields => ({
  completion: 'callback',
  deadline: draw.one(['2s', '8s', '20s']),
  ...(draw.chance(0.5) ? { heartbeatTimeout: draw.one(['1s', '2s']) } : {}),
});

const CAUSES: readonly NonNullable<Retry['retryOn']>[] = [['reported'], ['lost'], ['reported', 'lost']];

/** Retries what a target reports as failed, or what it falls silent about, besides what the job retries already. */
const drawRetry = (draw: Draw, { retryOn = [], ...retry }: Retry = {}): Retry => ({
  backoff: { initial: draw.one(['100ms', '1s', '4s']), jitter: draw.one(['full', 'none'] as const) },
  maxAttempts: draw.between(2, 4),
  ...retry,
  retryOn: [...retryOn, ...draw.one(CAUSES)],
});
