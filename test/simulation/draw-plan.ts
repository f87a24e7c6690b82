import { createDraw, type Draw, type Drawing } from './draw.ts';
import { withBackfills } from './draw-backfills.ts';
import { drawBulks } from './draw-bulks.ts';
import { withCalendars } from './draw-calendars.ts';
import { withCallbacks } from './draw-callbacks.ts';
import { keptWhileAway, withExpiries } from './draw-expiries.ts';
import { drawLeaving } from './draw-leaving.ts';
import { withLimits } from './draw-limits.ts';
import { withPauses } from './draw-pauses.ts';
import { withRetries } from './draw-retries.ts';
import { withRules } from './draw-rules.ts';
import { withSchedules } from './draw-schedules.ts';
import { withShifts } from './draw-shifts.ts';
import { withWorkers } from './draw-workers.ts';
import type { Plan, PlannedCommand, PlannedFault, Verb, Weather } from './plan.ts';

const PATTERNS = ['* * * * * *', '*/2 * * * * *', '*/5 * * * * *', '*/10 * * * * *', '7,8,40 * * * * *', '* * * * *'];
/** So long after the last fault all has to be well: frozen processes thaw, and follow a clock a minute later. */
const CALM_MS = 110_000;
const FREEZE_MS = [50, 1_000, 4_000, 12_000, 20_000];
const DOWN_MS = [10, 500, 3_000, 15_000];
const LATE_MS = [20, 300, 1_500, 4_000];

/** Each seed takes some kinds of faults only, so that rare ones are not drowned by common ones. */
export const drawPlan = (seed: number): Plan => {
  const draw = createDraw(seed, 'plan');
  const engines = draw.between(1, 3);
  const callers = draw.between(0, 2);
  const calmFromMs = draw.between(15, 90) * 1_000;
  const names = [...numbered('engine', engines), ...numbered('api', callers)];
  const weather = drawWeather(draw);
  const keys = drawKeyCommands(seed, { names, untilMs: calmFromMs, latencyMs: weather.latencyMs });
  const drawing = { names, untilMs: calmFromMs };
  const ruled = withRules(seed, drawCommands(draw, names, calmFromMs), drawing);
  const closed = withCalendars(seed, withBackfills(seed, withSchedules(seed, ruled), drawing), drawing);
  const commands = withShifts(seed, closed, drawing);
  const retried = withRetries(seed, { commands: withExpiries(seed, commands, drawing), weather });
  const called = withWorkers(seed, withCallbacks(seed, retried));
  const limited = withLimits(seed, called.commands, { names, untilMs: calmFromMs });
  const faults = [
    ...drawFaults(draw, [...names, 'projector'], calmFromMs),
    ...keys.faults,
    ...drawRareFaults(createDraw(seed, 'rare faults'), names, calmFromMs),
    ...drawClusterFaults(createDraw(seed, 'faults of the cluster'), names, calmFromMs),
    ...drawSpoils(createDraw(seed, 'spoils'), calmFromMs),
  ];
  const bulks = drawBulks(seed, drawing);
  const mayExpire = !isClockPutFar(faults) && !(bulks.length > 0 && faults.some(({ kind }) => kind === 'spoil'));
  return {
    seed,
    engines,
    callers,
    weather: called.weather,
    ...drawTimeouts(createDraw(seed, 'timeouts'), numbered('engine', engines)),
    calmFromMs,
    endMs: calmFromMs + CALM_MS,
    ...limited,
    commands: withPauses(seed, {
      commands: [
        ...keptWhileAway(limited.commands, faults).filter(({ ask }) => mayExpire || ask.kind !== 'expire'),
        ...keys.commands,
        ...bulks,
        ...drawLeaving(seed, { ...drawing, latencyMs: weather.latencyMs }),
      ],
      faults,
      names,
      untilMs: calmFromMs,
    }),
    faults,
  };
};

/** Less than executions are kept in a simulation. */
const MAX_CLOCK_MS = 20_000;

/**
 * Whether the common clock is put, by all its puts together, by more than executions are kept in a simulation: back, or
 * forward, which some processes follow a minute before others. What is called then is older than what has expired. The
 * product keeps executions for a month at least, and so longer than a bulk that waits for a release that reads a spoiled
 * stream.
 */
const isClockPutFar = (faults: readonly PlannedFault[]): boolean => {
  const inOrder = faults
    .filter((fault) => fault.kind === 'clock')
    .filter(({ process }) => process === 'postgres')
    .sort((a, b) => a.atMs - b.atMs);
  const offsMs = inOrder.map((_, last) => inOrder.slice(0, last + 1).reduce((sum, { byMs }) => sum + byMs, 0));
  return Math.max(0, ...offsMs) - Math.min(0, ...offsMs) > MAX_CLOCK_MS;
};

/** Some installations give all engines, or while they change it some of them, a shorter timeout. */
const drawTimeouts = (draw: Draw, engines: readonly string[]): Pick<Plan, 'timeouts'> => {
  if (!draw.chance(0.25)) return {};
  const isMixed = draw.chance(0.4);
  return { timeouts: Object.fromEntries(engines.map((name) => [name, isMixed ? draw.one([3_000, 10_000]) : 3_000])) };
};

const numbered = (name: string, count: number): string[] =>
  Array.from({ length: count }, (_, index) => `${name}-${index + 1}`);

const drawWeather = (draw: Draw): Weather => ({
  latencyMs: draw.one([1, 5, 5, 40, 150]),
  targetMs: draw.one([10, 100, 900]),
  slowTargetMs: draw.one([2_000, 20_000]),
  slowPercent: draw.one([0, 0, 5, 20]),
  failPercent: draw.one([0, 10, 50]),
  concurrency: draw.one([1, 4, 100]),
  targetConcurrency: draw.one([1, 100]),
  definitionBytes: draw.one([1, 1_000_000]),
});

const drawCommands = (draw: Draw, names: readonly string[], untilMs: number): PlannedCommand[] => {
  const commands: PlannedCommand[] = [];
  const again = () =>
    draw.chance(0.25) ? { again: { afterMs: draw.one([0, 300, 3_000, 16_000]), process: draw.one(names) } } : {};
  const jobs = draw.between(1, 6);
  for (let job = 0; job < jobs; job++) {
    const createdMs = draw.between(2_000, 8_000);
    const process = draw.one(names);
    const endsAfterMs = draw.chance(0.1) ? { endsAfterMs: draw.between(5_000, 40_000) } : {};
    commands.push({
      atMs: createdMs,
      process,
      job,
      ask: { kind: 'create', pattern: draw.one(PATTERNS), ...endsAfterMs },
      ...again(),
    });
    for (let edits = draw.between(0, 15); edits > 0; edits--) {
      const atMs = nearASecond(draw, draw.between(createdMs, untilMs + 5_000));
      // Job and moment are a command's name.
      if (commands.some((other) => other.job === job && other.atMs === atMs)) continue;
      commands.push({ atMs, process: draw.one(names), job, ask: drawEdit(draw), ...again() });
    }
  }
  return commands;
};

type KeyPlan = Pick<Plan, 'commands' | 'faults'>;

/** A part of its own: seeds whose application keeps no secrets have the plans that they had before. */
const drawKeyCommands = (
  seed: number,
  { names, untilMs, latencyMs }: Drawing & { readonly latencyMs: number },
): KeyPlan => {
  const draw = createDraw(seed, 'keys');
  if (!draw.chance(0.2)) return { commands: [], faults: [] };
  const faults: PlannedFault[] = [];
  const commands: PlannedCommand[] = [];
  for (let count = draw.between(4, 20); count > 0; count--) {
    const what = draw.one(['set secret', 'set secret', 'erase', 'rotate'] as const);
    const atMs = draw.between(3_000, untilMs);
    const process = draw.one(names);
    const again = { afterMs: draw.one([0, 300, 3_000, 16_000]), process: draw.one(names) };
    const job = FIRST_OF_APPLICATION + commands.length;
    commands.push({ atMs, process, job, ask: { kind: 'application', what }, ...(draw.chance(0.5) ? { again } : {}) });
    // Its process ends at about any step of it.
    if (draw.chance(0.3)) {
      faults.push({ kind: 'stop', process, atMs: atMs + draw.between(1, STEPS * latencyMs), downMs: 500 });
    }
  }
  return { commands, faults };
};
/** More than there are jobs. */
const FIRST_OF_APPLICATION = 100;
/** Of an erase under a key, each of half a latency on average. */
const STEPS = 20;

const EDITS = ['reschedule', 'reschedule', 'rename', 'retarget', 'enable', 'disable', 'trigger', 'delete'] as const;

const drawEdit = (draw: Draw): PlannedCommand['ask'] => {
  const kind = draw.one(EDITS);
  switch (kind) {
    case 'reschedule':
      return { kind, pattern: draw.one(PATTERNS) };
    case 'delete':
      return { kind: draw.chance(0.4) ? kind : 'trigger' };
    case 'rename':
    case 'retarget':
    case 'enable':
    case 'disable':
    case 'trigger':
      return { kind };
  }
};

/** Slots are at whole seconds, and claims a moment ahead: that is where edits race them. */
const nearASecond = (draw: Draw, atMs: number): number =>
  draw.chance(0.6) ? Math.round(atMs / 1_000) * 1_000 - draw.between(-50, 300) : atMs;

const KINDS = ['crash', 'freeze', 'lose', 'delay', 'redeliver', 'partition', 'clock', 'stop'] as const;
type Kind = (typeof KINDS)[number];
const drawFaults = (draw: Draw, names: readonly string[], untilMs: number): PlannedFault[] => {
  const kinds = KINDS.filter(() => draw.chance(0.5));
  if (kinds.length === 0) return [];
  return Array.from({ length: draw.one([2, 10, 30, 100]) }, () => drawFault(draw, draw.one(kinds), { names, untilMs }));
};

const drawFault = (draw: Draw, kind: Kind, { names, untilMs }: Drawing): PlannedFault => {
  const process = draw.one(names);
  const atMs = draw.between(0, untilMs);
  switch (kind) {
    case 'crash':
      return { kind, ...atCall(draw, process), downMs: draw.one(DOWN_MS) };
    case 'freeze':
      return { kind, ...atCall(draw, process), forMs: draw.one(FREEZE_MS) };
    case 'lose':
      return { kind, ...atCall(draw, process) };
    case 'delay':
      return { kind, ...atCall(draw, process), byMs: draw.one(LATE_MS) };
    case 'redeliver':
      return { kind, ...atCall(draw, process), verb: 'page', events: draw.between(1, 60) };
    case 'partition':
      return { kind, process, from: draw.one(['log', 'postgres']), atMs, forMs: draw.between(100, 40_000) };
    case 'clock':
      return { kind, process: draw.one([...names, 'postgres']), atMs, byMs: draw.between(-15_000, 15_000) };
    case 'stop':
      return { kind, process, atMs, downMs: draw.one(DOWN_MS) };
  }
};

/** By draws of their own: the rest of a plan is as it was before there were these. */
const drawRareFaults = (draw: Draw, names: readonly string[], untilMs: number): PlannedFault[] => {
  const some = (chance: number, most: number): undefined[] =>
    draw.chance(chance) ? Array.from({ length: draw.between(1, most) }) : [];
  const engine = () => draw.one(names.filter((name) => name.startsWith('engine')));
  return [
    ...some(0.3, 3).map(() => ({
      kind: 'newer' as const,
      process: 'log' as const,
      atMs: draw.between(3_000, untilMs),
      stream: `${draw.one(['runs', 'runs', 'job'])}-${draw.between(1, 4)}`,
    })),
    ...some(0.3, 5).map(() => ({
      kind: 'reject' as const,
      process: draw.one(names),
      nth: draw.between(1, 30),
      why: draw.one(['large', 'denied'] as const),
      times: draw.between(1, 5),
    })),
    ...(draw.chance(0.2) ? longCalls(draw, engine()) : []),
    ...some(0.2, 8).map(() => ({
      kind: 'freeze' as const,
      process: engine(),
      verb: 'call' as const,
      nth: draw.between(1, MAX_CALLS.call),
      way: 'there' as const,
      forMs: draw.one([1_500, 4_000, 9_000]),
    })),
    ...some(0.03, 1).map(() => ({
      kind: 'setBack' as const,
      process: 'log' as const,
      atMs: draw.between(12_000, untilMs),
      events: draw.between(1, 8),
    })),
  ];
};

const HOUR_MS = 3_600_000;

/** What befalls all engines at once, and what takes long. */
const drawClusterFaults = (draw: Draw, names: readonly string[], untilMs: number): PlannedFault[] => {
  const some = (chance: number, most: number): undefined[] =>
    draw.chance(chance) ? Array.from({ length: draw.between(1, most) }) : [];
  const engine = () => draw.one(names.filter((name) => name.startsWith('engine')));
  const atMs = () => draw.between(3_000, untilMs);
  return [
    ...some(0.25, 4).map(() => ({ kind: 'forget' as const, process: 'postgres' as const, atMs: atMs() })),
    ...some(0.25, 12).map((_, index) => ({ kind: 'dawdle' as const, process: engine(), nth: index + 1, byMs: 8_000 })),
    ...some(0.1, 2).map(() => ({
      kind: 'clock' as const,
      process: draw.one([...names, 'postgres', 'postgres']),
      atMs: atMs(),
      byMs: draw.one([HOUR_MS, -HOUR_MS, 61_000, -61_000]),
    })),
    ...some(0.2, 1).map(() => ({
      kind: 'suspend' as const,
      process: draw.one(names),
      atMs: atMs(),
      forMs: draw.one([2_000, 8_000, 15_000, 30_000]),
    })),
    ...(draw.chance(0.2) ? longDrains(draw, engine(), atMs()) : []),
    ...(draw.chance(0.15) ? withoutPostgres(draw, engine(), atMs()) : []),
  ];
};

/** An engine that is long without Postgres, while calls of it are under way. */
const withoutPostgres = (draw: Draw, process: string, atMs: number): PlannedFault[] => [
  ...Array.from({ length: 12 }, (_, index) => ({ kind: 'dawdle' as const, process, nth: index + 1, byMs: 25_000 })),
  { kind: 'partition', process, from: 'postgres', atMs, forMs: draw.one([15_000, 25_000, 40_000]) },
];

/** An engine that stops while calls are under way which end in time, or don't. */
const longDrains = (draw: Draw, process: string, atMs: number): PlannedFault[] => [
  ...Array.from({ length: 20 }, (_, index) => ({
    kind: 'dawdle' as const,
    process,
    nth: index + 1,
    byMs: draw.one([4_000, 20_000, 60_000]),
  })),
  { kind: 'stop', process, atMs, downMs: draw.one(DOWN_MS), drainMs: 25_000 },
];
const drawSpoils = (draw: Draw, untilMs: number): PlannedFault[] =>
  draw.chance(0.2)
    ? Array.from({ length: draw.between(1, 3) }, () => ({
        kind: 'spoil' as const,
        process: 'log' as const,
        atMs: draw.between(3_000, untilMs),
        stream: draw.chance(0.1) ? 'app-1' : `${draw.one(['runs', 'job'])}-${draw.between(1, 4)}`,
      }))
    : [];

/** Calls that are still under way when their engine, frozen long enough to be taken for dead, thaws. */
const longCalls = (draw: Draw, process: string): PlannedFault[] => [
  ...Array.from({ length: 10 }, (_, index) => ({ kind: 'dawdle' as const, process, nth: index + 1, byMs: 30_000 })),
  { kind: 'freeze', process, verb: 'beat', nth: draw.between(8, 30), way: 'back', forMs: draw.one([12_000, 14_000]) },
];

const MAX_CALLS: Readonly<Record<Verb, number>> = {
  append: 60,
  readLast: 60,
  readStream: 20,
  end: 4,
  page: 100,
  beat: 50,
  time: 30,
  load: 2,
  commit: 100,
  call: 40,
  check: 10,
  closures: 10,
  members: 100,
  work: 100,
};

const atCall = (draw: Draw, process: string) => {
  const verb = draw.one(
    process === 'projector'
      ? (['page', 'commit'] as const)
      : process.startsWith('api')
        ? (['append', 'readLast', 'readStream', 'time'] as const)
        : (['append', 'append', 'readLast', 'readStream', 'end', 'page', 'beat', 'load', 'call'] as const),
  );
  return { process, verb, nth: draw.between(1, MAX_CALLS[verb]), way: draw.one(['there', 'back'] as const) };
};
