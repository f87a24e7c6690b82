import type { Run } from '../simulate.ts';

/** What an orchestrator gives a process before it is killed. */
const MAX_MS = 30_000;

/** Whoever is told to stop has stopped within 30 s, frozen time apart, whatever log and Postgres do. */
export const checkStops = ({ stops, plan }: Run): string[] =>
  stops.flatMap(({ process, toldMs, tookMs, isDead }) => {
    if (tookMs !== undefined) return tookMs > MAX_MS ? [`${process} took ${Math.round(tookMs)} ms to stop`] : [];
    return isDead() || toldMs + MAX_MS > plan.endMs ? [] : [`${process}, told to stop at ${toldMs}, never did`];
  });
