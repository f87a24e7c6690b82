import type { World } from '../world.ts';

/** What is wrong in this process for as long as it runs, and yet no reason to send nobody here. */
export type Trouble = { readonly what: string; readonly since: string; readonly reason?: string };

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
