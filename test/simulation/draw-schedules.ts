import type { RuleFields } from '../../src/domain/events/index.ts';
import { createDraw, type Draw } from './draw.ts';
import type { PlannedCommand, PlannedSchedule } from './plan.ts';

/**
 * Gives some jobs an interval or one instant instead of a pattern, and some a start. By draws of its own: seeds without
 * it have the plans that they had before.
 */
export const withSchedules = (seed: number, commands: readonly PlannedCommand[]): PlannedCommand[] =>
  withManualJobs(seed, withTimedSchedules(seed, commands));

/** Has some jobs lose their schedule, and get one again. By draws of its own, for the same reason. */
const withManualJobs = (seed: number, commands: readonly PlannedCommand[]): PlannedCommand[] => {
  const draw = createDraw(seed, 'manual jobs');
  if (!draw.chance(0.2)) return [...commands];
  return commands.map((command) =>
    command.ask.kind === 'reschedule' && draw.chance(0.5)
      ? { ...command, ask: { kind: 'reschedule', schedule: { manual: true } } }
      : command,
  );
};

const withTimedSchedules = (seed: number, commands: readonly PlannedCommand[]): PlannedCommand[] => {
  const draw = createDraw(seed, 'schedules');
  if (!draw.chance(0.4)) return [...commands];
  return commands.map((command) => {
    const { ask: request } = command;
    if (request.kind === 'reschedule' && draw.chance(0.6)) {
      return { ...command, ask: { kind: request.kind, schedule: drawSchedule(draw) } };
    }
    if (request.kind !== 'create') return command;
    const start = draw.chance(0.2) ? { startsAfterMs: draw.between(-5_000, 20_000) } : {};
    if (draw.chance(0.4)) return { ...command, ask: { ...request, ...start } };
    const { pattern: _, ...others } = request;
    const schedule = drawSchedule(draw);
    if ('every' in schedule) return { ...command, ask: { ...others, ...start, schedule } };
    // One instant has no use for them.
    const { startsAfterMs: __, endsAfterMs: ___, ...rest } = { ...others, ...start };
    return { ...command, ask: { ...rest, schedule, rules: withoutCounts(request.rules) } };
  });
};

const EVERY = ['1s', '2s', '7s', '30s', '90s', '1m', '1h', '1d', '1mo'];

const drawSchedule = (draw: Draw): PlannedSchedule =>
  draw.chance(0.7) ? { every: draw.one(EVERY) } : { atAfterMs: draw.between(100, 40_000) };

const withoutCounts = ({ maxRuns: _, misfireLimit: __, ...rules }: RuleFields = {}): RuleFields => rules;
