import type { EngineStatus } from '../../src/engine/engine.ts';
import type { EventStore } from '../../src/event-store/port.ts';
import { awaitWithTimeout } from '../../src/runtime/timeout.ts';
import { type Api, bootApi, bootEngine } from './boot.ts';
import type { Clocks } from './clocks.ts';
import { createMachine, type Machine } from './machine.ts';
import type { Plan, Verb } from './plan.ts';
import type { SimulatedPostgres } from './postgres.ts';
import { runProjector } from './projector.ts';
import type { Sabotage } from './sabotage.ts';
import type { Targets } from './targets.ts';
import type { Trace } from './trace.ts';
import type { VirtualTime } from './virtual-time.ts';

/** All processes: what one is called tells what it runs, and one that died is started again. */
export type Cluster = {
  start(name: string): void;
  /** Stops a process in order, then keeps it down for so long. */
  stop(fault: { readonly process: string; readonly downMs: number; readonly drainMs?: number | undefined }): void;
  suspend(name: string, forMs: number): void;
  cutOff(name: string, from: 'log' | 'postgres', forMs: number): void;
  /** Undefined while that process is down. */
  apiOf(name: string): Api | undefined;
  engines(): EngineStatus[];
  readonly stops: readonly Stop[];
};

/** A process that was told to stop, and did not die before it had. */
export type Stop = {
  readonly process: string;
  readonly toldMs: number;
  /** Undefined while it has not stopped. */
  tookMs: number | undefined;
  /** It was killed meanwhile. */
  readonly isDead: () => boolean;
};

type Options = {
  readonly plan: Plan;
  readonly time: VirtualTime;
  readonly trace: Trace;
  readonly clocks: Clocks;
  readonly postgres: SimulatedPostgres;
  readonly targets: Targets;
  readonly storeOf: (machine: Machine) => EventStore;
  readonly sabotage: Sabotage;
};

/** One run of a process, until it dies. */
type Life = {
  readonly machine: Machine;
  readonly api?: Api;
  readonly engine?: () => EngineStatus;
  stop(drainMs: number): Promise<void>;
};

const DRAIN_MS = 5_000;
const START_AGAIN_MS = 1_000;
const GIVE_BACK_MS = 500;

export const createCluster = (options: Options): Cluster => {
  const { plan, time, trace, clocks, postgres, targets, storeOf, sabotage } = options;
  /** Whether processes look for operations; plans without them are what they were before there were any. */
  const hasBulks = plan.commands.some(({ ask: request }) => request.kind === 'bulk');
  const lives = new Map<string, Life>();
  const counts = new Map<string, Map<Verb, number>>();
  const stops: Stop[] = [];
  const cuts = new Set<{ readonly name: string; readonly from: 'log' | 'postgres' }>();

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
      wallMs: () => clocks.nowOf(name),
      isCutOff: (from) => [...cuts].some((cut) => cut.name === name && cut.from === from),
      crashed: (downMs) => void time.after(downMs, () => live(name, incarnation + 1)),
    });
  };

  const live = (name: string, incarnation: number): void => {
    trace.note(name, 'starts');
    lives.set(name, bring(machineOf(name, incarnation)));
  };

  const bring = (machine: Machine): Life => {
    const store = storeOf(machine);
    const stop = async () => {};
    if (machine.name === 'projector') {
      void runProjector(machine, store, postgres);
      return { machine, stop };
    }
    const startAgain = (error: unknown) => {
      trace.note(machine.name, 'could not start', { error });
      machine.crash(START_AGAIN_MS);
    };
    if (!machine.name.startsWith('engine')) {
      const { keeper, api, operations } = bootApi({ machine, store, postgres });
      const life: Life = { machine, stop };
      keeper.start().then(() => {
        lives.set(machine.name, { ...life, api });
        if (hasBulks) operations.start();
      }, startAgain);
      return life;
    }
    const parts = { machine, store, postgres, targets, plan, sabotage };
    const { engine, api, operations } = bootEngine(parts);
    engine.start().then(() => hasBulks && operations.start(), startAgain);
    const stopWhole = async (drainMs: number): Promise<void> => {
      await operations.stop();
      await engine.stop(drainMs);
      await awaitWithTimeout(machine.world.timers, GIVE_BACK_MS, api.giveIdsBack());
    };
    return { machine, api, engine: engine.status, stop: stopWhole };
  };

  return {
    start: (name) => live(name, 0),
    stop: ({ process: name, downMs, drainMs = DRAIN_MS }) => {
      const life = lives.get(name);
      trace.note(name, 'is told to stop');
      if (life === undefined) return;
      const { machine } = life;
      const [toldMs, frozenMs] = [time.nowMs(), machine.frozenMs()];
      const stop: Stop = { process: name, toldMs, tookMs: undefined, isDead: () => !machine.alive() };
      if (machine.alive()) stops.push(stop);
      life.stop(drainMs).finally(() => {
        stop.tookMs = time.nowMs() - toldMs - (machine.frozenMs() - frozenMs);
        machine.crash(downMs);
      });
    },
    suspend: (name, forMs) => {
      trace.note(name, 'sleeps with its machine', { forMs });
      lives.get(name)?.machine.freeze(forMs);
    },
    stops,
    cutOff: (name, from, forMs) => {
      trace.note(name, `is cut off from ${from}`, { forMs });
      const cut = { name, from };
      cuts.add(cut);
      time.after(forMs, () => cuts.delete(cut));
    },
    apiOf: (name) => {
      const life = lives.get(name);
      return life?.machine.alive() ? life.api : undefined;
    },
    engines: () =>
      [...lives.values()].flatMap(({ machine, engine }) => (engine !== undefined && machine.alive() ? [engine()] : [])),
  };
};
