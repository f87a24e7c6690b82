import type { RuleFields } from '../../src/domain/events/index.ts';
import { createDraw, type Draw, type Drawing, withNew } from './draw.ts';
import type { PlannedCommand } from './plan.ts';

/** What a job says of its runs; most say little. */
const drawRules = (draw: Draw): RuleFields => {
  const misfire = draw.one(['last', 'skip', 'all'] as const);
  const jitter = draw.one([0, 500, 3_000]);
  return {
    ...(draw.chance(0.6) ? { overlap: draw.one(['skip', 'allow', 'queue', 'replace'] as const) } : {}),
    ...(draw.chance(0.5) ? { misfire } : {}),
    ...(draw.chance(0.3) ? { misfire: 'all' as const, misfireLimit: draw.one([1, 3, 20]) } : {}),
    ...(draw.chance(0.2) ? { maxLateness: draw.one([3_000, 10_000, 60_000]) } : {}),
    ...(draw.chance(0.2) && jitter > 0 ? { jitter } : {}),
    ...(draw.chance(0.15) ? { maxRuns: draw.between(1, 15), ...(draw.chance(0.5) ? DELETED : {}) } : {}),
  };
};

const DELETED = { afterCompletion: 'delete' as const };

/**
 * Gives some jobs of a plan rules, and has executions cancelled and run again. By draws of their own: seeds without
 * them have the plans that they had before.
 */
export const withRules = (
  seed: number,
  commands: readonly PlannedCommand[],
  { names, untilMs }: Drawing,
): PlannedCommand[] => {
  const draw = createDraw(seed, 'rules');
  if (!draw.chance(0.6)) return [...commands];
  const ruled = commands.map((command) =>
    command.ask.kind === 'create' && draw.chance(0.7)
      ? { ...command, ask: { ...command.ask, rules: drawRules(draw) } }
      : command,
  );
  const lateness = createDraw(seed, 'lateness');
  const bounded = ruled.map((command) => {
    if (command.ask.kind !== 'create' || !lateness.chance(0.3)) return command;
    const rules = { ...command.ask.rules, maxLateness: lateness.one([3_000, 6_000, 12_000]) };
    return { ...command, ask: { ...command.ask, rules } };
  });
  const created = commands.filter(({ ask: request }) => request.kind === 'create');
  const control = created.flatMap(({ job, atMs: createdMs }) =>
    Array.from({ length: draw.between(0, 6) }, (): PlannedCommand => {
      const kind = draw.one(['cancel', 'cancel', 'rerun', 'rule'] as const);
      const request = kind === 'rule' ? { kind, rules: drawRules(draw) } : { kind };
      return { atMs: draw.between(createdMs, untilMs + 5_000), process: draw.one(names), job, ask: request };
    }),
  );
  return withNew(withDelays(seed, bounded), control);
};

/** Has some jobs be deleted some time after they are completed. By draws of its own, for the same reason. */
const withDelays = (seed: number, commands: readonly PlannedCommand[]): PlannedCommand[] => {
  const draw = createDraw(seed, 'deletions');
  return commands.map((command) =>
    command.ask.kind === 'create' && command.ask.rules?.afterCompletion === 'delete' && draw.chance(0.5)
      ? { ...command, ask: { ...command.ask, rules: { ...command.ask.rules, deleteAfter: draw.one([1_000, 8_000]) } } }
      : command,
  );
};
