import { durationMs } from '../../../src/domain/duration.ts';
import type { EventOf, RunEvent } from '../../../src/domain/events/index.ts';
import { applicationStream, jobStream } from '../../../src/domain/streams.ts';
import type { Run } from '../simulate.ts';
import { type AttemptRef, attemptOf } from './attempt-of.ts';
import { troubleMs } from './heard.ts';
import { type JobHistory, jobHistories } from './job-history.ts';

/**
 * A token is of use once: the end that its target was told to be recorded is the end of that attempt. An accepted call
 * of which nothing is heard fails by its deadline or for want of heartbeats, and not before.
 */
export const checkCallbacks = (run: Run): string[] => [
  ...reportsAmiss(run),
  ...jobHistories(run.events).flatMap((job) => silencesAmiss(job, run)),
];

/** What the service took of targets. */
export type Reports = Pick<Run, 'events'> & {
  readonly reported: readonly (AttemptRef & Pick<Run['reported'][number], 'kind'>)[];
};

/** The ends that targets were told to be recorded, and how these attempts ended. */
export const reportsAmiss = ({ events, reported }: Reports): string[] => {
  const ends = new Map<string, string>();
  for (const { type, data } of events) {
    if (type === 'ExecutionSucceeded') ends.set(attemptOf(data), 'succeeded');
    // One that was to be cancelled has been, where its target says that it failed.
    if (type === 'ExecutionCancelled') ends.set(attemptOf(data), 'failed');
    if (type !== 'ExecutionFailed' && type !== 'ExecutionAttemptFailed') continue;
    ends.set(attemptOf(data), data.error.code === 'REPORTED_FAILED' ? 'failed' : data.error.code);
  }
  const used = new Set<string>();
  return reported.flatMap(({ kind, ...of }) => {
    if (kind === 'heartbeat') return [];
    const name = attemptOf(of);
    const end = ends.get(name) ?? 'nothing';
    const isSecond = used.has(name);
    used.add(name);
    return [
      ...(end === (kind === 'cancelled' ? 'failed' : kind)
        ? []
        : [`${name} was reported as ${kind}, and ended as ${end}`]),
      ...(isSecond ? [`the token of ${name} was of use twice`] : []),
    ];
  });
};

type Waiting = {
  /** By the log's clock. */
  readonly acceptedMs: number;
  /** From the start of the call to its deadline. */
  readonly lastedMs: number;
  readonly deadlineMs: number;
  readonly heardMs: number;
};
type Silent = EventOf<'ExecutionFailed' | 'ExecutionAttemptFailed'>;

/** Once a target is silent for longer, and whoever was away is back, somebody has noticed. */
const NOTICED_MS = 30_000;

const silencesAmiss = ({ versions, runs }: JobHistory, { plan, spoiled }: Run): string[] => {
  /** Nothing is recorded of a job while one of its streams cannot be read. */
  const parked = new Set(spoiled.map(({ stream }) => stream));
  const isTimeKnown = !plan.faults.some(({ kind, process }) => kind === 'clock' && process === 'postgres');
  const wrong: string[] = [];
  const waiting = new Map<string, Waiting>();

  const judge = ({ data }: Silent, say: (what: string) => void): void => {
    const { code } = data.error;
    if (code !== 'DEADLINE_EXCEEDED' && code !== 'HEARTBEAT_LOST') return;
    const { deadlineMs, heardMs } = waiting.get(attemptOf(data)) ?? {};
    if (deadlineMs === undefined) {
      say('ends what its target had not taken');
      return;
    }
    const endedMs = Date.parse(data.finishedAt);
    if (code === 'DEADLINE_EXCEEDED' && endedMs < deadlineMs) say('came before the deadline');
    const timeouts = [...versions.values()].flatMap(({ definition }) => definition.heartbeatTimeout ?? []);
    const leastMs = Math.min(...timeouts.map(durationMs));
    if (code === 'HEARTBEAT_LOST' && (heardMs === undefined || endedMs < heardMs + leastMs)) {
      say('came while the target was heard of');
    }
  };

  for (const event of runs) {
    const say = (what: string) => wrong.push(`${event.type} at ${event.stream}/${event.revision} ${what}`);
    if (event.type === 'CallAccepted' || event.type === 'WorkTaken') {
      const { deadlineAt } = event.data;
      const startedAt = 'takenAt' in event.data ? event.data.takenAt : event.data.startedAt;
      const [startedMs, deadlineMs] = [Date.parse(startedAt), Date.parse(deadlineAt)];
      const acceptedMs = event.recordedAt;
      waiting.set(attemptOf(event.data), {
        acceptedMs,
        lastedMs: deadlineMs - startedMs,
        deadlineMs,
        heardMs: startedMs,
      });
    }
    if (event.type === 'HeartbeatReceived') {
      const known = waiting.get(attemptOf(event.data));
      const heardMs = heardIn(event, event.data.executionId);
      if (known === undefined || heardMs === undefined) continue;
      if (isTimeKnown && heardMs < known.heardMs) say('leaves its target unheard');
      waiting.set(attemptOf(event.data), { ...known, heardMs });
    }
    if (event.type === 'ExecutionFailed' || event.type === 'ExecutionAttemptFailed') judge(event, say);
    if ('finishedAt' in event.data) {
      const { lastedMs = Number.POSITIVE_INFINITY, acceptedMs = 0 } = waiting.get(attemptOf(event.data)) ?? {};
      const noticedMs = acceptedMs + lastedMs + NOTICED_MS + troubleMs(plan);
      const { jobId, applicationId } = event.data;
      const isParked = [event.stream, jobStream(jobId), applicationStream(applicationId)].some((each) =>
        parked.has(each),
      );
      if (isTimeKnown && !isParked && event.recordedAt > noticedMs) say('came long after the deadline');
    }
  }
  return wrong;
};

const heardIn = ({ data }: RunEvent, id: number): number | undefined => {
  const { lastHeartbeatAt } = data.tail.open.find(({ executionId }) => executionId === id) ?? {};
  return lastHeartbeatAt === undefined ? undefined : Date.parse(lastHeartbeatAt);
};
