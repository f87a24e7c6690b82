import type { Plan } from '../plan.ts';
import type { Run } from '../simulate.ts';

/** Every engine whose subscription does not lag has heard of it by then. */
const HEARD_MS = 3_000;

/** What nobody could read nobody acted on: no slot is claimed by a definition that may no longer be the newest. */
export const checkParked = ({ plan, events, spoiled, epochMs }: Run): string[] => {
  const heardMs = HEARD_MS + 2 * longestLagMs(plan) + cutOffMs(plan);
  return spoiled.flatMap(({ stream, atMs, position }) => {
    const [, jobId] = /^job-(\d+)$/.exec(stream) ?? [];
    const isNewest = !events.some((event) => event.stream === stream && event.position > position);
    if (jobId === undefined || !isNewest) return [];
    return events.flatMap((event) => {
      const claimedMs = event.recordedAt - epochMs;
      const isClaim = event.type === 'ExecutionStarted' && event.data.jobId === Number(jobId);
      return isClaim && claimedMs > atMs + heardMs && claimedMs < plan.calmFromMs
        ? [`job ${jobId} was claimed at ${claimedMs} ms, parked since ${atMs}`]
        : [];
    });
  });
};

/** One that is cut off from the log claims nothing, and may claim before it is told what it missed meanwhile. */
const cutOffMs = ({ faults }: Plan): number =>
  faults.reduce((sum, fault) => sum + (fault.kind === 'partition' && fault.from === 'log' ? fault.forMs : 0), 0);

const longestLagMs = ({ faults, weather }: Plan): number =>
  faults.reduce((longest, fault) => {
    const lagMs = fault.kind === 'freeze' ? fault.forMs : fault.kind === 'delay' ? fault.byMs : 0;
    return Math.max(longest, lagMs);
  }, 10 * weather.latencyMs);
