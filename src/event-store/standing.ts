import type { World } from '../world.ts';

/** Each subscription stands for itself. */
export type Part = 'appends' | 'reads' | 'wakes' | `subscription ${number}`;

/** Whether the log can be reached, by what each part of an adapter meets. */
export type Standing = {
  failed(part: Part, error: unknown): void;
  worked(part: Part): void;
};

/** Tells once when the log is away, and once when all that met it is back: however many tries fail meanwhile. */
export const createStanding = ({ clock, log }: Pick<World, 'clock' | 'log'>): Standing => {
  const away = new Set<Part>();
  let sinceMs = 0;
  return {
    failed: (part, error) => {
      const isFirst = away.size === 0;
      away.add(part);
      if (!isFirst) return log.debug({ error, part }, 'the log is still away');
      sinceMs = clock.monotonic();
      log.warn({ error, part }, 'the log is away: everything is tried again until it is back');
    },
    worked: (part) => {
      if (!away.delete(part) || away.size > 0) return;
      log.info({ awayMs: Math.round(clock.monotonic() - sinceMs) }, 'the log is back');
    },
  };
};
