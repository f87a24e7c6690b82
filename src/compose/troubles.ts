import type { World } from '../runtime/world.ts';

/** A fault that `/readyz` reports without making the process unready. */
export type Trouble = { readonly what: string; readonly since: string; readonly reason?: string };

/** The faults that last until the process ends. */
export type Troubles = {
  add(what: string, reason: string): void;
  all(): readonly Trouble[];
};

export const troubleOf = (what: string, { sinceMs, why }: { sinceMs: number; why?: string }): Trouble => ({
  what,
  since: new Date(sinceMs).toISOString(),
  ...(why === undefined ? {} : { reason: why }),
});

const MOST_NAMED = 10;
/** The first ten of these, and how many more there are. */
export const firstOf = (names: readonly (string | number)[]): string => {
  const more = names.length > MOST_NAMED ? ` and ${names.length - MOST_NAMED} more` : '';
  return `${names.slice(0, MOST_NAMED).join(', ')}${more}`;
};

export const createTroubles = ({ clock }: Pick<World, 'clock'>): Troubles => {
  const troubles: Trouble[] = [];
  return {
    add: (what, reason) => {
      troubles.push(troubleOf(what, { sinceMs: clock.now(), why: reason }));
    },
    all: () => troubles,
  };
};
