import type { Run } from '../simulate.ts';
import { mostHeardMs } from './heard.ts';

/** What nobody could read nobody acted on: no slot is claimed by a definition that may no longer be the newest. */
export const checkParked = ({ plan, events, spoiled, epochMs }: Run): string[] => {
  const heardMs = mostHeardMs(plan);
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
