import type { Run } from '../simulate.ts';
import { mostHeardMs } from './heard.ts';

/**
 * What nobody could read nobody acted on: no slot is claimed by a definition that may no longer be the newest. And no
 * engine parks a job by itself, which would say that its closures are wrong.
 */
export const checkParked = (run: Run): string[] => [...checkUnread(run), ...checkClosed(run)];

const checkClosed = ({ trace }: Run): string[] =>
  trace
    .filter(({ what }) => what.startsWith('scheduler: a job is parked'))
    .map(({ who, fields }) => `${who} parks job ${fields.jobId}: ${fields.error}`);

const checkUnread = ({ plan, events, spoiled, epochMs }: Run): string[] => {
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
