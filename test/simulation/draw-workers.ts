import type { Retry, RuleFields } from '../../src/domain/events/index.ts';
import { createDraw, type Draw } from './draw.ts';
import type { Plan, PlannedCommand } from './plan.ts';

type Drawn = Pick<Plan, 'commands' | 'weather'>;

/**
 * Has some jobs offer their work to workers, who may take it twice, fall silent, or forget it. By draws of its own: seeds
 * without it have the plans that they had before.
 */
export const withWorkers = (seed: number, { commands, weather }: Drawn): Drawn => {
  const draw = createDraw(seed, 'workers');
  if (!draw.chance(0.25)) return { commands, weather };
  const jobs = new Set(
    commands.flatMap(({ ask: request, job }) =>
      request.kind === 'create' && request.extra === undefined && draw.chance(0.6) ? [job] : [],
    ),
  );
  return {
    commands: commands.map((command): PlannedCommand => {
      const { ask: request, job } = command;
      if (!jobs.has(job)) return command;
      if (request.kind === 'create' || request.kind === 'rule')
        return { ...command, isWork: true, ask: { ...request, rules: ofWork(request.rules ?? {}, draw) } };
      return request.kind === 'reschedule' || request.kind === 'retarget' ? { ...command, isWork: true } : command;
    }),
    weather: {
      ...weather,
      workers: {
        count: draw.between(1, 4),
        longestMs: draw.one([300, 4_000, 12_000]),
        forgetPercent: draw.one([0, 10, 30]),
        silentPercent: draw.one([0, 10, 30]),
        pauseMs: draw.one([900, 10_000]),
      },
    },
  };
};

const CAUSES: NonNullable<Retry['retryOn']> = ['connect', 'timeout', 'lost'];

const ofWork = ({ completion: _, retry, ...rules }: RuleFields, draw: Draw): RuleFields => ({
  ...rules,
  heartbeatTimeout: draw.one(['2s', '6s']),
  deadline: draw.one(['10s', '60s']),
  ...ofRetry(
    retry ?? (draw.chance(0.5) ? { maxAttempts: 3, backoff: { initial: '500ms', max: '2s' } } : undefined),
    draw,
  ),
});

const ofRetry = (retry: Retry | undefined, draw: Draw): Pick<RuleFields, 'retry'> =>
  retry === undefined ? {} : { retry: { ...retry, retryOn: ['reported', ...CAUSES.filter(() => draw.chance(0.6))] } };
