/** Whoever waits for an event. One that died gets none any more; one that is frozen gets them when it thaws. */
export type Waiter = { readonly alive: () => boolean; readonly frozenUntilMs: () => number };

export type VirtualTime = {
  /** Milliseconds since the simulation began. */
  nowMs(): number;
  /** Runs once after `delayMs`; the function returned takes it back. */
  after(delayMs: number, run: () => void, waiter?: Waiter): () => void;
  /** Runs everything until then, in order; between two events every promise settles that can. */
  runUntil(untilMs: number): Promise<void>;
};

type Happening = {
  readonly atMs: number;
  readonly order: number;
  readonly run: () => void;
  readonly waiter: Waiter | undefined;
};

/** Captured before the guard forbids it: promises that need no event have settled when it comes. */
const { setImmediate } = globalThis;
const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** More than any honest run has: whoever comes here goes round in circles. */
const MAX_EVENTS = 300_000;

export class Livelock extends Error {
  override readonly name = 'Livelock';
}

/** The one clock and the one queue of a simulation. Equal calls give equal runs. */
export const createVirtualTime = (): VirtualTime => {
  let nowMs = 0;
  let order = 0;
  let ran = 0;
  /** Soonest last, so that the next one is popped. */
  const queue: Happening[] = [];

  const insert = (happening: Happening): void => {
    let low = 0;
    let high = queue.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      const other = queue[middle];
      if (other !== undefined && isLater(other, happening)) low = middle + 1;
      else high = middle;
    }
    queue.splice(low, 0, happening);
  };

  const after: VirtualTime['after'] = (delayMs, run, waiter) => {
    let taken = false;
    const atMs = nowMs + Math.max(0, delayMs);
    insert({ atMs, order: order++, run: () => taken || run(), waiter });
    return () => {
      taken = true;
    };
  };

  return {
    nowMs: () => nowMs,
    after,
    runUntil: async (untilMs) => {
      await settle();
      for (let next = queue.at(-1); next !== undefined && next.atMs <= untilMs; next = queue.at(-1)) {
        queue.pop();
        const { waiter, run } = next;
        if (waiter !== undefined && !waiter.alive()) continue;
        nowMs = next.atMs;
        if (waiter !== undefined && waiter.frozenUntilMs() > nowMs) {
          insert({ ...next, atMs: waiter.frozenUntilMs() });
          continue;
        }
        if (ran++ > MAX_EVENTS) throw new Livelock(`${MAX_EVENTS} events by ${nowMs} ms of virtual time`);
        run();
        await settle();
      }
      nowMs = Math.max(nowMs, untilMs);
    },
  };
};

const isLater = (a: Happening, b: Happening): boolean => a.atMs > b.atMs || (a.atMs === b.atMs && a.order > b.order);
