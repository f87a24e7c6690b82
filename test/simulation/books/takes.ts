import type { EventOf } from '../../../src/domain/events/index.ts';
import { hashOfToken } from '../../../src/domain/execution/callback.ts';
import type { RecordedEvent } from '../../../src/event-store/port.ts';
import type { Run } from '../simulate.ts';
import { attemptOf } from './attempt-of.ts';
import { pausesOf } from './closures.ts';
import { KNOWN_TO_MS, troubleMs } from './heard.ts';
import { jobHistories } from './job-history.ts';

/**
 * Each attempt at work has one holder: the worker that the log names, and no other was given it. Nobody takes what has
 * ended, was to be cancelled, is paused, or is of a job that is off; and a worker has lost its work if, and only if, it was
 * silent for a lease.
 */
export const checkTakes = (run: Run): string[] => [
  ...checkHolders(run),
  ...checkTaken(run),
  ...checkBeats(run),
  ...checkLeases(run),
];

type Taken = RecordedEvent<EventOf<'WorkTaken'>>;
const takesOf = ({ events }: Pick<Run, 'events'>): Taken[] => events.filter((event) => event.type === 'WorkTaken');

const checkHolders = (run: Run): string[] => {
  const holders = new Map<string, string>();
  const wrong: string[] = [];
  for (const { data } of takesOf(run)) {
    if (holders.has(attemptOf(data))) wrong.push(`${attemptOf(data)}, is taken twice`);
    holders.set(attemptOf(data), data.worker);
  }
  for (const given of run.givenWork) {
    const holder = holders.get(attemptOf(given));
    if (holder !== given.worker) wrong.push(`${attemptOf(given)}, was given to ${given.worker}, and ${holder} has it`);
  }
  return wrong;
};

const checkTaken = (run: Run): string[] => {
  const wrong: string[] = [];
  const pauses = pausesOf(run);
  const isTimeKnown = !run.plan.faults.some(({ kind, process }) => kind === 'clock' && process === 'postgres');
  for (const { jobId, versions, runs } of jobHistories(run.events)) {
    const offered = new Set<string>();
    const cancelled = new Set<number>();
    for (const event of runs) {
      if (event.type === 'WorkOffered') offered.add(attemptOf(event.data));
      if (event.type === 'CancelRequested') cancelled.add(event.data.executionId);
      if (event.type !== 'WorkTaken') continue;
      const { executionId, tail } = event.data;
      const say = (what: string) =>
        wrong.push(`${event.stream}/${event.revision} takes ${attemptOf(event.data)}, ${what}`);
      if (!offered.delete(attemptOf(event.data))) say('which is not offered');
      if (cancelled.has(executionId)) say('which was to be cancelled');
      const version = versions.get(tail.jobRevision);
      const isOff = version?.deleted || (version?.definition.enabled === false && event.data.trigger === 'schedule');
      if (isOff) say(`of job ${jobId}, which is off`);
      if (!isTimeKnown || tail.open.some((open) => open.executionId === executionId && open.forced)) continue;
      const given = run.givenWork.find((each) => attemptOf(each) === attemptOf(event.data));
      const definition = version?.definition;
      const inPause = pauses.find(({ binds, toldMs = Number.POSITIVE_INFINITY, undoneMs, fromMs, untilMs }) => {
        const isIn = given !== undefined && toldMs < given.askedMs && event.recordedAt - run.epochMs < undoneMs;
        return (
          isIn &&
          definition !== undefined &&
          binds(definition) &&
          event.recordedAt > fromMs + KNOWN_TO_MS &&
          event.recordedAt < untilMs - KNOWN_TO_MS
        );
      });
      if (inPause !== undefined) say(`of job ${jobId}, in ${inPause.what}`);
    }
  }
  return wrong;
};

/** A heartbeat counts for the attempt that its worker was given, and for no other. */
const checkBeats = ({ givenWork, workBeats }: Run): string[] => {
  const given = new Set(givenWork.map(({ worker, token }) => `${worker} ${hashOfToken(token)}`));
  return workBeats.flatMap(({ worker, tokenHash, atMs }) =>
    given.has(`${worker} ${tokenHash}`) ? [] : [`a heartbeat of ${worker} at ${atMs} ms is of an attempt of another`],
  );
};

/** Once a worker is silent for longer, and whoever was away is back, somebody has noticed. */
const NOTICED_MS = 25_000;

const checkLeases = (run: Run): string[] => {
  if (run.plan.faults.some(({ kind, process }) => kind === 'clock' && process === 'postgres')) return [];
  const leases = new Map<string, number>();
  const ends = new Map<string, RecordedEvent<EventOf<'ExecutionFailed' | 'ExecutionAttemptFailed'>>>();
  const overMs = new Map<string, number>();
  for (const event of run.events) {
    if (event.type === 'WorkOffered') leases.set(attemptOf(event.data), event.data.leaseMs);
    if (event.type === 'ExecutionFailed' || event.type === 'ExecutionAttemptFailed')
      ends.set(attemptOf(event.data), event);
    if ('finishedAt' in event.data) overMs.set(attemptOf(event.data), event.recordedAt);
  }
  const parked = new Set(run.spoiled.map(({ stream }) => stream));
  return takesOf(run).flatMap(({ data, recordedAt }) => {
    const name = attemptOf(data);
    const leaseMs = leases.get(name) ?? 0;
    const beats = run.workBeats.filter(({ tokenHash }) => tokenHash === data.tokenHash);
    const end = ends.get(name)?.data;
    if (end?.error.code === 'WORK_LOST') {
      const lostMs = Date.parse(end.finishedAt);
      const heardMs = beats.filter(({ commonMs }) => commonMs < lostMs - KNOWN_TO_MS).at(-1)?.commonMs;
      const leastMs = (heardMs ?? Date.parse(data.takenAt)) + leaseMs - KNOWN_TO_MS;
      return lostMs < leastMs ? [`${name}, is lost within its lease of ${leaseMs} ms`] : [];
    }
    const silentMs = (beats.at(-1)?.commonMs ?? recordedAt) + leaseMs + NOTICED_MS + troubleMs(run.plan);
    const endedMs = overMs.get(name) ?? run.endedAtMs;
    return endedMs > silentMs && parked.size === 0 ? [`${name}, is not lost after its lease of ${leaseMs} ms`] : [];
  });
};
