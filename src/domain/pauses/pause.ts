import type { Pause } from '../events/index.ts';
import { toMs } from '../values.ts';

/** When a pause ends or has ended, epoch ms; Infinity while nobody has said. */
export const endOfPauseMs = ({ until, liftedAt }: Pick<Pause, 'until' | 'liftedAt'>): number =>
  Math.min(...[until, liftedAt].map((end) => (end === undefined ? Number.POSITIVE_INFINITY : toMs(end))));
