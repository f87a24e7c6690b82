import type { Pause } from '../../../src/domain/events/index.ts';
import { readIdRanges } from '../../../src/domain/id-ranges.ts';
import type { Run } from '../simulate.ts';
import type { Called } from '../targets.ts';
import { KNOWN_TO_MS, mostHeardMs } from './heard.ts';

/** Nothing of a job is called from when every engine has heard of a pause until it ends, but for runs that are forced. */
export const checkPauses = ({ plan, events, calls, epochMs }: Run): string[] => {
  const heardMs = mostHeardMs(plan);
  const forced = forcedIn(events);
  const applicationOf = applicationsIn(events);
  return events.flatMap((event) => {
    if (event.type !== 'PauseSet') return [];
    const pause = event.data;
    const lifted = events.find(({ type, data }) => type === 'PauseLifted' && data.pauseId === pause.pauseId);
    const fromMs = event.recordedAt - epochMs + heardMs;
    const toMs = lifted === undefined ? Number.POSITIVE_INFINITY : lifted.recordedAt - epochMs;
    return calls
      .filter(
        (call) =>
          !forced.has(call.executionId) && isOf(pause, call, applicationOf) && fromMs < call.atMs && call.atMs < toMs,
      )
      .filter(({ commonMs }) => pause.from === undefined || commonMs > Date.parse(pause.from) + KNOWN_TO_MS)
      .filter(({ commonMs }) => pause.until === undefined || commonMs < Date.parse(pause.until) - KNOWN_TO_MS)
      .map(({ executionId, atMs }) => `execution ${executionId} was called at ${atMs} ms, in pause ${pause.pauseId}`);
  });
};

const forcedIn = (events: Run['events']): ReadonlySet<number> =>
  new Set(
    events.flatMap((event) =>
      event.type === 'ExecutionRequested'
        ? event.data.tail.open.flatMap(({ executionId, forced }) => (forced ? [executionId] : []))
        : [],
    ),
  );

const applicationsIn = (events: Run['events']): ReadonlyMap<number, number> =>
  new Map(
    events.flatMap(({ type, data }) => (type === 'JobCreated' ? [[data.jobId, data.applicationId] as const] : [])),
  );

/** All jobs are of one tenant. */
const isOf = (
  { scope, target, applicationId, jobId: paused, jobs = [] }: Pause,
  { url, jobId }: Called,
  applicationOf: ReadonlyMap<number, number>,
): boolean => {
  switch (scope) {
    case 'installation':
    case 'tenant':
      return true;
    case 'application':
      return applicationOf.get(jobId) === applicationId;
    case 'job':
      return jobId === paused;
    case 'target':
      return new URL(url).host === target;
    case 'labels':
      return false;
    case 'jobs':
      return readIdRanges(jobs).has(jobId);
  }
};
