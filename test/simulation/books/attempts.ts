import type { EventOf } from '../../../src/domain/events/index.ts';
import type { RecordedEvent } from '../../../src/event-store/port.ts';
import type { Run } from '../simulate.ts';
import { type AttemptRef, attemptOf } from './attempt-of.ts';
import { type JobHistory, jobHistories, type Version } from './job-history.ts';
import { type FirstStart, firstStartOf, mayNotRetry, mustRetry } from './retry-rules.ts';

/**
 * The attempts of an execution are made one after another and counted once each, as often, as late and for such causes
 * as the job's rules say; one that failed is the last only where these rules end there. Reckons by itself.
 */
export const checkAttempts = (run: Run): string[] => [...attemptsAmiss(run.events, run.calls), ...calledTooEarly(run)];

/** @param calls those that reached their targets */
export const attemptsAmiss = (events: readonly RecordedEvent[], calls: readonly AttemptRef[]): string[] => {
  const reached = new Set(calls.map(attemptOf));
  return jobHistories(events).flatMap((job) => walk(job, reached));
};

type AnyFailed = EventOf<'ExecutionAttemptFailed' | 'ExecutionFailed'>;

/** How far the attempts of an execution have come. */
type Known = {
  readonly attempt: number;
  readonly state: 'called' | 'waits';
  readonly firstStart: FirstStart | undefined;
};

const walk = ({ versions, runs }: JobHistory, reached: ReadonlySet<string>): string[] => {
  const wrong: string[] = [];
  const known = new Map<number, Known>();
  /** By which revision the last attempt was claimed. */
  const claimedBy = new Map<number, number>();

  /** What an engine may have gone by at the end of an attempt: it may not know yet of the newest change. */
  const versionsAtEnd = ({ data, recordedAt: endMs }: RecordedEvent<AnyFailed>): Version[] =>
    [...versions.values()].filter(
      ({ revision, recordedAt }) => revision >= (claimedBy.get(data.executionId) ?? 0) && recordedAt <= endMs,
    );

  const wasSent = ({ data }: AnyFailed): boolean => reached.has(attemptOf(data));

  for (const event of runs) {
    const say = (what: string) => wrong.push(`${event.type} at ${event.stream}/${event.revision} ${what}`);
    const before = 'executionId' in event.data ? known.get(event.data.executionId) : undefined;
    switch (event.type) {
      case 'ExecutionStarted': {
        const { executionId, attempt, jobRevision } = event.data;
        if (attempt !== (before?.attempt ?? 0) + 1) say(`is attempt ${attempt} after ${before?.attempt ?? 0}`);
        if (before?.state === 'called') say('follows one that has not ended');
        known.set(executionId, { attempt, state: 'called', firstStart: before?.firstStart });
        claimedBy.set(executionId, jobRevision);
        break;
      }
      case 'ExecutionAttemptFailed': {
        const { executionId, attempt } = event.data;
        if (attempt !== before?.attempt || before.state !== 'called')
          say(`ends attempt ${attempt}, which is not under way`);
        const firstStart = before?.firstStart ?? firstStartOf(event.data);
        const failed = { data: event.data, firstStart, wasSent: wasSent(event) };
        const whys = versionsAtEnd(event).map(({ definition }) => mayNotRetry(failed, definition.retry ?? {}));
        if (whys.every((why) => why !== undefined)) say(`is to be made again, but ${whys.at(-1)}`);
        // A pause kept it from starting: the time that the rules count begins with the next attempt.
        const started = event.data.error.code === 'PAUSED' ? before?.firstStart : firstStart;
        known.set(executionId, { attempt, state: 'waits', firstStart: started });
        break;
      }
      case 'ExecutionFailed': {
        const firstStart = before?.firstStart ?? firstStartOf(event.data);
        const failed = { data: event.data, firstStart, wasSent: wasSent(event) };
        const goesOn = ({ slots, definition }: Version) =>
          slots !== undefined && mustRetry(failed, definition.retry ?? {});
        if (versionsAtEnd(event).every(goesOn)) say('is final, but the rules have it made again');
        break;
      }
      case 'CallAccepted':
      case 'HeartbeatReceived':
      case 'HookAttempted':
      case 'CancelRequested':
      case 'DefinitionActivated':
      case 'ExecutionRequested':
      case 'ExecutionSucceeded':
      case 'ExecutionCancelled':
      case 'OccurrencesSkipped':
      case 'OccurrencesMissed':
    }
    for (const { executionId, attempt, retryAt } of event.data.tail.open) {
      const { attempt: made = 0, state } = known.get(executionId) ?? {};
      if (attempt !== made) say(`counts ${attempt} attempts of execution ${executionId}, and ${made} were made`);
      if ((retryAt !== undefined) !== (state === 'waits')) say(`tells wrongly when execution ${executionId} goes on`);
    }
  }
  return wrong;
};

/** An engine knows the common time to about this. */
const KNOWN_TO_MS = 600;

const calledTooEarly = ({ events, calls, plan }: Run): string[] => {
  if (plan.faults.some(({ kind, process }) => kind === 'clock' && process === 'postgres')) return [];
  const dueMs = new Map(
    events.flatMap(({ type, data }) =>
      type === 'ExecutionAttemptFailed'
        ? [[attemptOf({ ...data, attempt: data.attempt + 1 }), Date.parse(data.retryAt)]]
        : [],
    ),
  );
  return calls.flatMap((call) => {
    const earlyMs = (dueMs.get(attemptOf(call)) ?? 0) - call.commonMs;
    return earlyMs > KNOWN_TO_MS ? [`${attemptOf(call)}, was called ${earlyMs} ms before its retry was due`] : [];
  });
};
