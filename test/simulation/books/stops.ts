import type { Run } from '../simulate.ts';

/** What an orchestrator gives a process before it is killed. */
const MOST_MS = 30_000;

/** Whoever is told to stop has stopped within 30 s, frozen time apart, whatever log and Postgres do. */
export const checkStops = ({ stops, plan }: Run): string[] =>
  stops.flatMap(({ process, toldMs, tookMs, isDead }) => {
    if (tookMs !== undefined) return tookMs > MOST_MS ? [`${process} took ${Math.round(tookMs)} ms to stop`] : [];
    return isDead() || toldMs + MOST_MS > plan.endMs ? [] : [`${process}, told to stop at ${toldMs}, never did`];
  });
