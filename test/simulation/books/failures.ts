import { isJobEvent, isRunEvent, type JobDefinition, type RunEvent } from '../../../src/domain/events/index.ts';
import type { RecordedEvent } from '../../../src/event-store/port.ts';
import type { Run } from '../simulate.ts';

/** A job that failed too often in the last moments may not be disabled yet. */
const GRACE_MS = 15_000;

/**
 * A job with `disableAfter` is disabled after as many failed executions in a row, and not by anybody but a user before;
 * none of its executions starts in between. Counts by itself.
 */
export const checkFailures = ({ events, epochMs, plan }: Run): string[] => failuresAmiss(events, epochMs + plan.endMs);

/** @param endMs when the log ended, by its own clock, epoch ms */
export const failuresAmiss = (events: readonly RecordedEvent[], endMs: number): string[] =>
  [...Map.groupBy(events.filter(isOfJob), ({ data }) => data.jobId).values()].flatMap((ofJob) => count(ofJob, endMs));

type OfJob = RecordedEvent & { readonly data: { readonly jobId: number } };
const isOfJob = (event: RecordedEvent): event is OfJob => isJobEvent(event) || isRunEvent(event);

const count = (ofJob: readonly OfJob[], endMs: number): string[] => {
  const wrong: string[] = [];
  const definitions = new Map<number, JobDefinition>();
  /** The revision by which an execution was last claimed. */
  const claimedBy = new Map<number, number>();
  let failed = 0;
  let activeDefinition = -1;
  /** The revision that was in force when the job had last failed too often, and since when. */
  let reached = { revision: -1, sinceMs: 0 };

  /** What an event may leave of the count: who recorded an outcome may not have known the newest definition. */
  const countsAfter = ({ type, data }: RunEvent): number[] => {
    switch (type) {
      case 'ExecutionSucceeded':
        return [0];
      case 'ExecutionFailed':
        return [...definitions]
          .filter(([revision]) => revision >= (claimedBy.get(data.executionId) ?? -1))
          .map(([, { disableAfter }]) => (disableAfter === undefined ? 0 : failed + 1));
      case 'DefinitionActivated':
        return definitions.get(activeDefinition)?.enabled === false && definitions.get(data.jobRevision)?.enabled
          ? [0]
          : [failed];
      case 'ExecutionRequested':
      case 'ExecutionStarted':
      case 'CallAccepted':
      case 'WorkOffered':
      case 'WorkTaken':
      case 'HeartbeatReceived':
      case 'HookAttempted':
      case 'CancelRequested':
      case 'ExecutionAttemptFailed':
      case 'ExecutionCancelled':
      case 'OccurrencesSkipped':
      case 'OccurrencesMissed':
      case 'BackfillRequested':
      case 'BackfillCancelled':
      case 'ExecutionsExpired':
        return [failed];
    }
  };

  const isReached = (): boolean => {
    const { enabled = false, disableAfter } = definitions.get(activeDefinition) ?? {};
    return enabled && disableAfter !== undefined && failed >= disableAfter;
  };

  for (const event of ofJob) {
    const say = (what: string) => wrong.push(`${event.type} at ${event.stream}/${event.revision} ${what}`);
    if (isJobEvent(event)) {
      const isOwn = event.type === 'JobDisabled' && event.metadata.actor.type === 'system';
      if (isOwn && reached.revision !== activeDefinition) say(`came after ${failed} failures in a row`);
      const enabled = event.data.enabled && event.type !== 'JobDeleted';
      definitions.set(event.revision, { ...event.data, enabled });
    }
    if (!isRunEvent(event)) continue;
    if (event.type === 'ExecutionStarted') {
      if (isReached()) say(`came after ${failed} failures in a row`);
      claimedBy.set(event.data.executionId, event.data.jobRevision);
    }
    const expected = countsAfter(event);
    failed = event.data.tail.failuresInRow ?? 0;
    if (!expected.includes(failed)) say(`counts ${failed} failures in a row, not ${expected.join(' or ')}`);
    activeDefinition = event.data.tail.jobRevision;
    if (isReached() && reached.revision !== activeDefinition)
      reached = { revision: activeDefinition, sinceMs: event.recordedAt };
  }
  const newest = Math.max(...definitions.keys());
  if (isReached() && newest === activeDefinition && reached.sinceMs < endMs - GRACE_MS) {
    wrong.push(`job ${ofJob[0]?.data.jobId} is enabled after ${failed} failures in a row`);
  }
  return wrong;
};
