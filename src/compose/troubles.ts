import type { World } from '../world.ts';

/** A fault that `/readyz` reports without making the process unready. */
export type Trouble = { readonly what: string; readonly since: string; readonly reason?: string };

/** The faults that last until the process ends. */
export type Troubles = {
  add(what: string, reason: string): void;
  all(): readonly Trouble[];
};

export const createTroubles = ({ clock }: Pick<World, 'clock'>): Troubles => {
  const troubles: Trouble[] = [];
  return {
    add: (what, reason) => {
      troubles.push({ what, since: new Date(clock.now()).toISOString(), reason });
    },
    all: () => troubles,
  };
};
