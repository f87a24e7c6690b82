import { createSleep, type Runtime } from '../../src/runtime/runtime.ts';
import { createDraw } from './draw.ts';
import type { CallFault, Plan, Verb } from './plan.ts';
import type { Trace } from './trace.ts';
import type { VirtualTime, Waiter } from './virtual-time.ts';

/** The call's request or its answer was lost: the caller learns that after a while, and not which. */
export class ConnectionLost extends Error {
  override readonly name = 'ConnectionLost';
}

/** A process of the simulation: what it has of the world, and the ways out of it. */
export type Machine = Waiter & {
  readonly name: string;
  readonly world: Runtime;
  /** A call that leaves the process; `effect` is what happens at the other side, at once. */
  reach<T>(verb: Verb, effect: () => T): Promise<T>;
  /** The same in two halves, for what has its effect elsewhere. */
  depart(verb: Verb): Trip;
  /** Nothing happens in it for so long, although time goes on. */
  freeze(forMs: number): void;
  /** For how long it has been frozen in all by now, ms. */
  frozenMs(): number;
  /** Its promises never settle any more, its timers are dead. */
  crash(downMs: number): void;
};

export type Trip = { there(): Promise<void>; back(): Promise<void>; readonly redelivered: number };

export type MachineOptions = {
  readonly name: string;
  /** How often it has been started. */
  readonly incarnation: number;
  readonly plan: Plan;
  readonly time: VirtualTime;
  readonly trace: Trace;
  /** How many calls of each kind it has made in all its lives. */
  readonly counts: Map<Verb, number>;
  readonly wallMs: () => number;
  readonly isCutOff: (from: 'log' | 'postgres') => boolean;
  readonly crashed: (downMs: number) => void;
};

const never = (): Promise<never> => new Promise(() => {});
/** How long a caller waits for an answer that doesn't come. */
const DEADLINE_MS = 1_500;
const SERVERS: Readonly<Record<Verb, 'log' | 'postgres' | 'target'>> = {
  append: 'log',
  readLast: 'log',
  readStream: 'log',
  end: 'log',
  page: 'log',
  beat: 'postgres',
  time: 'postgres',
  load: 'postgres',
  commit: 'postgres',
  call: 'target',
  check: 'log',
  closures: 'postgres',
  members: 'postgres',
  work: 'postgres',
};

export const createMachine = (options: MachineOptions): Machine => {
  const { name, incarnation, plan, time, trace, counts } = options;
  const life = `${name}/${incarnation}`;
  const latency = createDraw(plan.seed, `latency of ${life}`);
  // Sequences of their own: in the plans that are kept, all other calls take as long as when they failed.
  const latencyOfOthers = {
    time: createDraw(plan.seed, `latency of time of ${life}`),
    check: createDraw(plan.seed, `latency of check of ${life}`),
    closures: createDraw(plan.seed, `latency of closures of ${life}`),
    members: createDraw(plan.seed, `latency of members of ${life}`),
    work: createDraw(plan.seed, `latency of work of ${life}`),
  };
  const isOther = (verb: Verb): verb is keyof typeof latencyOfOthers => verb in latencyOfOthers;
  const faults = plan.faults.filter((fault): fault is CallFault => 'verb' in fault && fault.process === name);
  const bornMs = time.nowMs();
  let alive = true;
  let frozenUntilMs = 0;
  let frozenMs = 0;
  const waiter: Waiter = { alive: () => alive, frozenUntilMs: () => frozenUntilMs };

  const after = (delayMs: number, run: () => void) => time.after(delayMs, run, waiter);
  const pause = (delayMs: number): Promise<void> => new Promise((resolve) => void after(delayMs, resolve));

  const crash = (downMs: number): void => {
    if (!alive) return;
    alive = false;
    trace.note(name, 'crashes', { downMs });
    options.crashed(downMs);
  };

  const freeze = (forMs: number): void => {
    const untilMs = Math.max(frozenUntilMs, time.nowMs() + forMs);
    frozenMs += untilMs - Math.max(frozenUntilMs, time.nowMs());
    frozenUntilMs = untilMs;
  };

  const depart = (verb: Verb): Trip => {
    const nth = (counts.get(verb) ?? 0) + 1;
    counts.set(verb, nth);
    const ill = time.nowMs() < plan.calmFromMs;
    const mine = faults.filter((fault) => ill && fault.verb === verb && fault.nth === nth);
    const server = SERVERS[verb];
    const lost = () => server !== 'target' && options.isCutOff(server);

    const travel = async (way: 'there' | 'back'): Promise<void> => {
      const drawn = isOther(verb) ? latencyOfOthers[verb] : latency;
      let delayMs = drawn.between(0, plan.weather.latencyMs);
      let gone = lost();
      for (const fault of mine) {
        if (fault.way !== way) continue;
        switch (fault.kind) {
          case 'crash':
            trace.note(name, `at its ${verb} ${nth}, on the way ${way}`);
            crash(fault.downMs);
            return never();
          case 'freeze':
            trace.note(name, `freezes at its ${verb} ${nth}, on the way ${way}`, { forMs: fault.forMs });
            freeze(fault.forMs);
            break;
          case 'lose':
            gone = true;
            break;
          case 'delay':
            trace.note(name, `${verb} ${nth} is late on the way ${way}`, { byMs: fault.byMs });
            delayMs += fault.byMs;
            break;
          case 'redeliver':
            break;
        }
      }
      if (!gone) return pause(delayMs);
      trace.note(name, `${verb} ${nth} is lost on the way ${way}`);
      await pause(DEADLINE_MS);
      throw new ConnectionLost(`${verb} ${nth} of ${life} was not answered`);
    };

    const back = mine.find((fault) => fault.kind === 'redeliver');
    return {
      there: () => (alive ? travel('there') : never()),
      back: () => (alive ? travel('back') : never()),
      redelivered: back?.kind === 'redeliver' ? back.events : 0,
    };
  };

  return {
    ...waiter,
    name,
    depart,
    freeze,
    frozenMs: () => frozenMs - Math.max(0, frozenUntilMs - time.nowMs()),
    crash,
    reach: async (verb, effect) => {
      const trip = depart(verb);
      await trip.there();
      const value = effect();
      await trip.back();
      return value;
    },
    world: {
      clock: {
        now: options.wallMs,
        monotonic: () => time.nowMs() - bornMs,
      },
      timers: { after, sleep: createSleep(after) },
      random: createDraw(plan.seed, `random numbers of ${life}`),
      log: trace.logOf(name),
    },
  };
};
