import type { Plan } from '../plan.ts';

/** An engine whose subscription does not lag has heard of an event by then. */
const HEARD_MS = 3_000;

/** Engines know the common time to about this. */
export const KNOWN_TO_MS = 1_500;

/** How long after an event every engine that gets on has heard of it, whatever befalls them. */
export const mostHeardMs = (plan: Plan): number => HEARD_MS + 2 * longestLagMs(plan) + cutOffMs(plan);

/** One that is cut off from the log claims nothing, and may claim before it is told what it missed meanwhile. */
const cutOffMs = ({ faults }: Plan): number =>
  faults.reduce((sum, fault) => sum + (fault.kind === 'partition' && fault.from === 'log' ? fault.forMs : 0), 0);

/**
 * How long a job may wait for a place until so many have had their turn: a call holds its place from before its claim
 * until its outcome is recorded.
 */
export const mostTurnsMs = ({ weather }: Plan, jobs: number): number => {
  const { targetMs, latencyMs, concurrency, targetConcurrency } = weather;
  return (jobs * (targetMs + 4 * latencyMs)) / Math.min(concurrency, targetConcurrency);
};

/** For how long at the most all together were down, frozen or cut off. */
export const troubleMs = ({ faults }: Plan): number =>
  faults.reduce((sum, fault) => sum + ('forMs' in fault ? fault.forMs : 0) + ('downMs' in fault ? fault.downMs : 0), 0);

const longestLagMs = ({ faults, weather }: Plan): number =>
  faults.reduce((longest, fault) => {
    const lagMs =
      fault.kind === 'freeze' || fault.kind === 'suspend' ? fault.forMs : fault.kind === 'delay' ? fault.byMs : 0;
    return Math.max(longest, lagMs);
  }, 10 * weather.latencyMs);
