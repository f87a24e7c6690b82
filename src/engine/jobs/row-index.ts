import { mix } from '../../domain/mix.ts';

/** Gives ids rows, numbered from 0, and finds them: a hash table in typed arrays, 16 bytes an id. Ids begin at 1. */
export type RowIndex = {
  /** The row of an id; -1 if it has none. */
  rowOf(id: number): number;
  /** Gives a free row to an id that has none. */
  add(id: number): number;
  /** Frees the row of an id for another one. @returns the row; -1 if it has none */
  delete(id: number): number;
  /** The id of a row; 0 if the row is free. */
  idAt(row: number): number;
  /** One more than the last row that was ever given. */
  endRow(): number;
  readonly size: () => number;
};

const FIRST_CAPACITY = 1_024;
/** How many slots there are for each id that there is room for, so that most are found where they are looked for first. */
const SLOTS_AN_ID = 2;

export const createRowIndex = (): RowIndex => {
  /** By row; 0 where it is free. */
  let ids = new Float64Array(FIRST_CAPACITY);
  /** A row and 1, in the first slot from that of its hash on that was empty; 0 where it is empty. */
  let slots = new Int32Array(FIRST_CAPACITY * SLOTS_AN_ID);
  const freeRows: number[] = [];
  let endRow = 0;

  const rowIn = (slot: number): number => (slots[slot] ?? 0) - 1;
  const idAt = (row: number): number => ids[row] ?? 0;
  const firstSlot = (id: number): number => mix(id) & (slots.length - 1);
  const nextSlot = (slot: number): number => (slot + 1) & (slots.length - 1);

  /** The slot of an id, or the empty one where it would be. */
  const slotOf = (id: number): number => {
    let slot = firstSlot(id);
    while (rowIn(slot) !== -1 && idAt(rowIn(slot)) !== id) slot = nextSlot(slot);
    return slot;
  };

  const grow = (): void => {
    const wider = new Float64Array(ids.length * 2);
    wider.set(ids);
    ids = wider;
    slots = new Int32Array(ids.length * SLOTS_AN_ID);
    for (let row = 0; row < endRow; row++) slots[slotOf(idAt(row))] = row + 1;
  };

  /** Empties a slot, and moves those after it back that would no longer be found. */
  const empty = (slot: number): void => {
    let hole = slot;
    for (let later = nextSlot(hole); rowIn(later) !== -1; later = nextSlot(later)) {
      const wanted = firstSlot(idAt(rowIn(later)));
      const mask = slots.length - 1;
      if (((later - wanted) & mask) < ((later - hole) & mask)) continue;
      slots[hole] = rowIn(later) + 1;
      hole = later;
    }
    slots[hole] = 0;
  };

  return {
    rowOf: (id) => rowIn(slotOf(id)),
    add: (id) => {
      // Only where no row is free, so that none is when the table grows.
      if (freeRows.length === 0 && endRow === ids.length) grow();
      const row = freeRows.pop() ?? endRow++;
      ids[row] = id;
      slots[slotOf(id)] = row + 1;
      return row;
    },
    delete: (id) => {
      const slot = slotOf(id);
      const row = rowIn(slot);
      if (row === -1) return -1;
      empty(slot);
      ids[row] = 0;
      freeRows.push(row);
      return row;
    },
    idAt,
    endRow: () => endRow,
    size: () => endRow - freeRows.length,
  };
};
