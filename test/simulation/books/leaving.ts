import { APPLICATION_WENT } from '../../../src/commands/application/delete-application.ts';
import { isJobEvent } from '../../../src/domain/events/index.ts';
import type { RecordedEvent } from '../../../src/event-store/port.ts';
import type { Run } from '../simulate.ts';
import { mostHeardMs } from './heard.ts';

/**
 * No job whose creation was answered loses its application, no job is left in one that was deleted, and none of such a
 * job is called once every engine has heard of that. A job whose events no release could read is seen by nobody, also not
 * by the deletion.
 */
export const checkLeaving = ({ plan, events, acknowledged, calls, spoiled, epochMs }: Run): string[] => {
  const created = new Set(acknowledged.flatMap(({ command, jobId }) => (command.ask.kind === 'create' ? [jobId] : [])));
  const lastOfJob = new Map<number, JobEvent>();
  for (const event of events) if (isJob(event)) lastOfJob.set(event.data.jobId, event);
  const went = new Map(
    events.flatMap((event) =>
      event.type === 'ApplicationDeleted' ? [[event.data.applicationId, event.recordedAt - epochMs]] : [],
    ),
  );
  const unreadable = new Set(plan.faults.flatMap((fault) => (fault.kind === 'newer' ? [fault.stream] : [])));
  const unseen = new Set(spoiled.map(({ stream }) => stream));
  return [...lastOfJob.values()].flatMap(({ type, data: { jobId, applicationId }, metadata }) => {
    const isTaken = type === 'JobDeleted' && metadata.reason === APPLICATION_WENT;
    if (isTaken && created.has(jobId) && !unseen.has(`job-${jobId}`))
      return [`job ${jobId} was answered, and deleted with its application`];
    const wentMs = went.get(applicationId);
    if (wentMs === undefined) return isTaken ? [`job ${jobId} was deleted, and its application stays`] : [];
    const isParked = unreadable.has(`job-${jobId}`) || unreadable.has(`runs-${jobId}`);
    const left = type === 'JobDeleted' || isParked ? [] : [`job ${jobId} is left in application ${applicationId}`];
    const lateMs = wentMs + mostHeardMs(plan);
    const late = calls.filter((call) => call.jobId === jobId && call.atMs > lateMs);
    return [...left, ...late.map(({ executionId }) => `execution ${executionId} was called without its application`)];
  });
};

type JobEvent = Extract<RecordedEvent, { type: `Job${string}` }>;

const isJob = (event: RecordedEvent): event is JobEvent => isJobEvent(event);
