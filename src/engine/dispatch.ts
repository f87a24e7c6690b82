import type { TaskConfig } from '../domain/events/index.ts';
import type { World } from '../world.ts';

/** Brings claims to their calls: not before they are due, so many at once, so many to one target. */
export type Dispatch<Claim> = {
  add(claim: Claim, dueMs: number): void;
  /** Claims that are not yet being called. */
  waiting(): number;
  running(): number;
  /** Resolves when nothing waits or runs. */
  idle(): Promise<void>;
};

type Options<Claim> = {
  readonly world: World;
  readonly concurrency: number;
  readonly targetConcurrency: number;
  readonly targetOf: (claim: Claim) => string;
  readonly run: (claim: Claim) => Promise<void>;
};

type Target<Claim> = { running: number; readonly waiting: Claim[] };

export const createDispatch = <Claim>(options: Options<Claim>): Dispatch<Claim> => {
  const { world, concurrency, targetConcurrency, targetOf, run } = options;
  /** Claims of slots to come, by when they are due: one timer for all of one instant. */
  const later = new Map<number, Claim[]>();
  const targets = new Map<string, Target<Claim>>();
  let ready: Claim[] = [];
  let head = 0;
  let waiting = 0;
  let running = 0;
  let idlers: (() => void)[] = [];

  const start = (claim: Claim, target: Target<Claim>, key: string): void => {
    waiting--;
    running++;
    target.running++;
    run(claim).finally(() => {
      running--;
      target.running--;
      const next = target.waiting.shift();
      if (next !== undefined) start(next, target, key);
      else if (target.running === 0) targets.delete(key);
      pump();
      if (running === 0 && waiting === 0) {
        for (const resolve of idlers) resolve();
        idlers = [];
      }
    });
  };

  const pump = (): void => {
    while (running < concurrency && head < ready.length) {
      const claim = ready[head++];
      if (claim === undefined) break;
      const key = targetOf(claim);
      const target = targets.get(key) ?? { running: 0, waiting: [] };
      targets.set(key, target);
      if (target.running >= targetConcurrency) target.waiting.push(claim);
      else start(claim, target, key);
    }
    if (head === ready.length) [ready, head] = [[], 0];
  };

  const wait = (claim: Claim, dueMs: number, delayMs: number): void => {
    const same = later.get(dueMs);
    if (same !== undefined) {
      same.push(claim);
      return;
    }
    later.set(dueMs, [claim]);
    wakeAt(dueMs, delayMs);
  };

  const wakeAt = (dueMs: number, delayMs: number): void => {
    world.timers.after(delayMs, () => {
      // A timer's milliseconds are not the common clock's: no slot is called before it is due.
      const leftMs = dueMs - world.clock.now();
      if (leftMs > 0) return wakeAt(dueMs, leftMs);
      const claims = later.get(dueMs) ?? [];
      later.delete(dueMs);
      for (const each of claims) ready.push(each);
      pump();
    });
  };

  return {
    add: (claim, dueMs) => {
      waiting++;
      const delayMs = dueMs - world.clock.now();
      if (delayMs > 0) wait(claim, dueMs, delayMs);
      else {
        ready.push(claim);
        pump();
      }
    },
    waiting: () => waiting,
    running: () => running,
    idle: () =>
      running === 0 && waiting === 0 ? Promise.resolve() : new Promise((resolve) => void idlers.push(resolve)),
  };
};

/** The origin part of a target's text, as it was given: enough to tell targets apart. */
export const targetKey = ({ endpoint, url }: TaskConfig): string => {
  const text = endpoint ?? url ?? '';
  const authority = text.indexOf('//') + 2;
  const end = text.indexOf('/', authority);
  return end === -1 ? text : text.slice(0, end);
};
