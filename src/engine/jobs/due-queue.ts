/** A queue of (due time, id), as a binary heap in typed arrays: a million entries take about 16 MB. */
export type DueQueue = {
  push(dueMs: number, id: number): void;
  /** When the earliest entry is due, epoch ms; Infinity if there is none. */
  nextMs(): number;
  /** Removes and returns the earliest entry if it is due by `nowMs`. */
  popDue(nowMs: number): { readonly dueMs: number; readonly id: number } | undefined;
};

const FIRST_CAPACITY = 1_024;

export const createDueQueue = (): DueQueue => {
  let when = new Float64Array(FIRST_CAPACITY);
  let ids = new Float64Array(FIRST_CAPACITY);
  let size = 0;

  const at = (index: number): number => when[index] ?? Number.POSITIVE_INFINITY;
  const place = (index: number, dueMs: number, id: number): void => {
    when[index] = dueMs;
    ids[index] = id;
  };
  const grow = (): void => {
    const [wider, widerIds] = [new Float64Array(size * 2), new Float64Array(size * 2)];
    wider.set(when);
    widerIds.set(ids);
    [when, ids] = [wider, widerIds];
  };

  const push = (dueMs: number, id: number): void => {
    if (size === when.length) grow();
    let index = size++;
    while (index > 0) {
      const parent = (index - 1) >> 1;
      if (at(parent) <= dueMs) break;
      place(index, at(parent), ids[parent] ?? 0);
      index = parent;
    }
    place(index, dueMs, id);
  };

  const sinkLast = (): void => {
    size--;
    const [dueMs, id] = [at(size), ids[size] ?? 0];
    let index = 0;
    for (;;) {
      let child = index * 2 + 1;
      if (child >= size) break;
      if (child + 1 < size && at(child + 1) < at(child)) child++;
      if (at(child) >= dueMs) break;
      place(index, at(child), ids[child] ?? 0);
      index = child;
    }
    if (size > 0) place(index, dueMs, id);
  };

  return {
    push,
    nextMs: () => (size === 0 ? Number.POSITIVE_INFINITY : at(0)),
    popDue: (nowMs) => {
      if (size === 0 || at(0) > nowMs) return undefined;
      const earliest = { dueMs: at(0), id: ids[0] ?? 0 };
      sinkLast();
      return earliest;
    },
  };
};
