import type { Retry, RuleFields } from '../../src/domain/events/index.ts';
import { createDraw, type Draw } from './draw.ts';
import type { Failure, Plan } from './plan.ts';

type Drawn = Pick<Plan, 'commands' | 'weather'>;

/**
 * Has targets fail in several ways, and some jobs try again or be disabled. By draws of its own: seeds without it have
 * the plans that they had before.
 */
export const withRetries = (seed: number, { commands, weather }: Drawn): Drawn => {
  const draw = createDraw(seed, 'retries');
  if (!draw.chance(0.4)) return { commands, weather };
  return {
    commands: commands.map((command) => {
      const { ask: request } = command;
      if ((request.kind !== 'create' && request.kind !== 'rule') || !draw.chance(0.7)) return command;
      return { ...command, ask: { ...request, rules: { ...request.rules, ...drawRules(draw) } } };
    }),
    weather: { ...weather, failPercent: draw.one([10, 50, 90]), failures: some(draw, FAILURES) },
  };
};

const FAILURES: readonly Failure[] = [500, 503, 429, 404, 'rejected', 'timeout'];
const CAUSES: NonNullable<Retry['retryOn']> = ['connect', 'timeout', 'unknown', '5xx', 429, 404];

/** At least one of these. */
const some = <T>(draw: Draw, of: readonly T[]): T[] => {
  const drawn = of.filter(() => draw.chance(0.4));
  return drawn.length > 0 ? drawn : [draw.one(of)];
};

const drawRules = (draw: Draw): RuleFields => ({
  ...(draw.chance(0.8) ? { retry: drawRetry(draw) } : {}),
  ...(draw.chance(0.4) ? { disableAfter: draw.between(1, 4) } : {}),
});

/** The longest pause ends well before a simulation does. */
const LONGEST = '20s';

const drawRetry = (draw: Draw): Retry => ({
  maxAttempts: draw.between(2, 5),
  backoff: {
    initial: draw.one(['100ms', '1s', '4s']),
    max: LONGEST,
    factor: draw.one([1, 2, 3]),
    jitter: draw.one(['full', 'none', 'none'] as const),
  },
  ...(draw.chance(0.3) ? { maxElapsed: draw.one(['5s', '15s']) } : {}),
  ...(draw.chance(0.6) ? { retryOn: some(draw, CAUSES) } : {}),
});
