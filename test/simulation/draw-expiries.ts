import { createDraw, type Drawing, withNew } from './draw.ts';
import type { PlannedCommand, PlannedFault } from './plan.ts';

/** Longer than limits count. */
const KEEP_MS = [25_000, 40_000];
/** How long a process that is back takes to repeat what it had begun. */
const REPEATED_MS = 15_000;

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

/**
 * Keeps executions for longer than any process is away from the log: the product keeps them for a month. Else what a
 * process appends again once it is back could have been cut, and the log would take it a second time.
 */
export const keptWhileAway = (
  commands: readonly PlannedCommand[],
  faults: readonly PlannedFault[],
): readonly PlannedCommand[] => {
  const awayMs = Math.max(0, ...faults.map((fault) => ('forMs' in fault ? fault.forMs : 0)));
  return commands.map((command) => {
    const { ask: request } = command;
    if (request.kind !== 'expire') return command;
    return { ...command, ask: { ...request, keepMs: Math.max(request.keepMs, awayMs + REPEATED_MS) } };
  });
};
