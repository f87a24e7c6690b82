/** Limits how many actions run at once. The others wait, in the order in which they came. */
export type Semaphore = {
  run<T>(action: () => Promise<T>): Promise<T>;
  /** The number of actions that wait. */
  waiting(): number;
  isIdle(): boolean;
};

export const createSemaphore = (maxRunning: number): Semaphore => {
  const queue: (() => void)[] = [];
  let running = 0;
  return {
    run: async (action) => {
      if (running >= maxRunning) await new Promise<void>((resolve) => queue.push(resolve));
      else running += 1;
      try {
        return await action();
      } finally {
        // The next action takes over the permit of this one, so `running` stays the same.
        const next = queue.shift();
        if (next === undefined) running -= 1;
        else next();
      }
    },
    waiting: () => queue.length,
    isIdle: () => running === 0,
  };
};
