import type { Commands } from '../../src/commands/port.ts';
import type { EngineStatus } from '../../src/engine/engine.ts';
import type { Codec } from '../../src/event-store/codec.ts';
import { createMemoryLog, type MemoryLog } from '../../src/event-store/memory-log.ts';
import { LOG_START, type Position, type RecordedEvent } from '../../src/event-store/port.ts';
import { bootApi, bootEngine } from './boot.ts';
import { type Acknowledged, createCallers } from './callers.ts';
import { forbidTheRealWorld } from './guard.ts';
import { linkToLog, sharedCodec } from './log-link.ts';
import { createMachine, type Machine } from './machine.ts';
import type { Plan, PlannedFault, Verb } from './plan.ts';
import { type Beat, createSimulatedPostgres } from './postgres.ts';
import { runProjector } from './projector.ts';
import type { Sabotage } from './sabotage.ts';
import { type Called, createTargets } from './targets.ts';
import { createTrace, type Noted } from './trace.ts';
import { createVirtualTime, Livelock } from './virtual-time.ts';
import { watchedLog } from './watched-log.ts';

/** All that can be known of a simulation when it is over. */
export type Run = {
  readonly plan: Plan;
  /** When it began, and the common clock at its end, epoch ms. */
  readonly epochMs: number;
  readonly endedAtMs: number;
  readonly events: readonly RecordedEvent[];
  readonly calls: readonly Called[];
  readonly beats: readonly Beat[];
  readonly acknowledged: readonly Acknowledged[];
  readonly trace: readonly Noted[];
  readonly engines: readonly EngineStatus[];
  /** The read models as the projector left them, and how far it had come. */
  readonly readModels: { readonly rows: unknown; readonly checkpoint: Position | undefined };
  readonly livelock: string | undefined;
};

const EPOCH_MS = Date.UTC(2026, 0, 1);

/** Runs a plan from its first event to its last. */
export const simulate = async (plan: Plan, sabotage: Sabotage = {}): Promise<Run> => {
  const allowAgain = forbidTheRealWorld();
  try {
    return await run(plan, sabotage);
  } finally {
    allowAgain();
  }
};

/** Another life of a process begins; what it can be asked for and how it ends in order. */
type Life = { readonly machine: Machine; readonly commands?: Commands; stop(): Promise<void> };

const DRAIN_MS = 5_000;
const START_AGAIN_MS = 1_000;

const run = async (plan: Plan, sabotage: Sabotage): Promise<Run> => {
  const time = createVirtualTime();
  const trace = createTrace(time.nowMs);
  const log = watchedLog(createMemoryLog({ now: () => EPOCH_MS + time.nowMs() }), trace);
  const codec = sharedCodec();
  const clockOffMs = new Map<string, number>();
  const offOf = (name: string) => clockOffMs.get(name) ?? 0;
  const commonMs = () => EPOCH_MS + Math.floor(time.nowMs()) + offOf('postgres');
  /** Engines follow a clock that was put only after a while: until then its older times are as right. */
  let furthestMs = 0;
  const latestCommonMs = () => EPOCH_MS + time.nowMs() + furthestMs;
  const postgres = createSimulatedPostgres({ nowMs: time.nowMs, commonMs });
  const targets = createTargets({ plan, trace, nowMs: time.nowMs, commonMs: latestCommonMs, logEnd: log.end });
  const callers = createCallers({
    trace,
    nowMs: time.nowMs,
    commonMs: latestCommonMs,
    epochMs: EPOCH_MS,
    applicationId: () => applicationId,
  });
  const counts = new Map<string, Map<Verb, number>>();
  const lives = new Map<string, Life>();
  const engines = new Map<string, () => EngineStatus>();
  const cuts: { readonly process: string; readonly from: string }[] = [];
  let applicationId = 0;

  const machineOf = (name: string, incarnation: number): Machine => {
    const made = counts.get(name) ?? new Map<Verb, number>();
    counts.set(name, made);
    return createMachine({
      name,
      incarnation,
      plan,
      time,
      trace,
      counts: made,
      epochMs: EPOCH_MS,
      clockOffMs: () => offOf(name),
      cutOff: (from) => cuts.some((cut) => cut.process === name && cut.from === from),
      crashed: (downMs) => {
        engines.delete(name);
        time.after(downMs, () => start(name, incarnation + 1));
      },
    });
  };

  const linkOf = (machine: Machine) => {
    const store = linkToLog(machine, { log, codec });
    return sabotage.store?.(store, log) ?? store;
  };

  const start = (name: string, incarnation: number): void => {
    const machine = machineOf(name, incarnation);
    trace.note(name, 'starts');
    lives.set(name, bring(machine));
  };

  const bring = (machine: Machine): Life => {
    const store = linkOf(machine);
    const parts = { machine, store, postgres, targets, weather: plan.weather, sabotage };
    const stop = async () => {};
    if (machine.name === 'projector') {
      void runProjector(machine, store, postgres);
      return { machine, stop };
    }
    if (machine.name.startsWith('api')) return { machine, commands: bootApi(parts), stop };
    const { engine, commands } = bootEngine(parts);
    engines.set(machine.name, engine.status);
    engine.start().catch((error: unknown) => {
      trace.note(machine.name, 'could not start its engine', { error });
      machine.crash(START_AGAIN_MS);
    });
    return { machine, commands, stop: () => engine.stop(DRAIN_MS) };
  };

  const happen = (fault: PlannedFault): void => {
    switch (fault.kind) {
      case 'partition': {
        const cut = { process: fault.process, from: fault.from };
        time.after(fault.atMs, () => {
          trace.note(fault.process, `is cut off from ${fault.from}`, { forMs: fault.forMs });
          cuts.push(cut);
        });
        time.after(fault.atMs + fault.forMs, () => void cuts.splice(cuts.indexOf(cut), 1));
        return;
      }
      case 'clock':
        time.after(fault.atMs, () => {
          trace.note(fault.process, 'has its clock put', { byMs: fault.byMs });
          clockOffMs.set(fault.process, offOf(fault.process) + fault.byMs);
          furthestMs = Math.max(furthestMs, offOf('postgres'));
        });
        return;
      case 'stop':
        time.after(fault.atMs, () => {
          const life = lives.get(fault.process);
          trace.note(fault.process, 'is told to stop');
          life?.stop().finally(() => life.machine.crash(fault.downMs));
        });
        return;
      default:
    }
  };

  const prelude = machineOf('prelude', 0);
  const first = bootApi({ machine: prelude, store: linkToLog(prelude, { log, codec }) });
  const context = { tenant: 'default', actor: { type: 'user', name: 'ann' }, correlationId: 'prelude' } as const;
  first.createApplication(context, { name: 'app' }).then(({ value }) => {
    applicationId = value.applicationId;
  });
  for (const name of namesOf(plan)) time.after(1, () => start(name, 0));
  plan.faults.forEach(happen);
  for (const command of plan.commands) {
    time.after(command.atMs, () => {
      const { machine, commands } = lives.get(command.process) ?? {};
      if (machine?.alive() && commands !== undefined) void callers.ask(command.process, commands, command);
    });
  }

  const livelock = await time.runUntil(plan.endMs).catch((error: unknown) => {
    if (error instanceof Livelock) return error.message;
    throw error;
  });
  return {
    plan,
    epochMs: EPOCH_MS,
    endedAtMs: commonMs(),
    events: everyEvent(log, codec),
    calls: targets.calls,
    beats: postgres.beats,
    acknowledged: callers.acknowledged,
    trace: trace.entries,
    engines: [...engines.values()].map((status) => status()),
    readModels: { rows: postgres.readModels.rows(), checkpoint: postgres.checkpoint() },
    livelock: livelock ?? undefined,
  };
};

const namesOf = ({ engines, callers }: Plan): string[] => [
  'projector',
  ...Array.from({ length: engines }, (_, index) => `engine-${index + 1}`),
  ...Array.from({ length: callers }, (_, index) => `api-${index + 1}`),
];

const everyEvent = (log: MemoryLog, codec: Codec): RecordedEvent[] => {
  const events: RecordedEvent[] = [];
  for (let after = LOG_START; ; ) {
    const page = log.page({ after });
    for (const raw of page.events) {
      const event = codec.decode(raw);
      if (event !== undefined) events.push(event);
    }
    if (page.atEnd) return events;
    after = page.considered;
  }
};
