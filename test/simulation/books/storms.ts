import type { Run } from '../simulate.ts';

const MAX_IN_A_SECOND = 40;

/**
 * Whoever loses an append and learns nothing new by it pauses before the next one. One that was lost to an append of the
 * same second has learned of that one.
 */
export const checkStorms = ({
  rejections,
  events,
  epochMs,
}: Pick<Run, 'rejections' | 'events' | 'epochMs'>): string[] => {
  const made = Map.groupBy(events, ({ recordedAt, stream }) => secondOf(recordedAt - epochMs, stream));
  const lost = Map.groupBy(rejections, ({ atMs, stream }) => secondOf(atMs, stream));
  return [...lost].flatMap(([which, { length }]) =>
    length <= MAX_IN_A_SECOND + (made.get(which)?.length ?? 0)
      ? []
      : [`${length} appends were made in vain to ${which}`],
  );
};

const secondOf = (atMs: number, stream: string): string => `${stream} in second ${Math.floor(atMs / 1_000)}`;
