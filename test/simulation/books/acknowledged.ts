import type { JobDefinition } from '../../../src/domain/events/index.ts';
import type { RecordedEvent } from '../../../src/event-store/port.ts';
import type { Acknowledged } from '../callers.ts';
import type { Run } from '../simulate.ts';

/** What a caller was told to be done is in the log, and binding. */
export const checkAcknowledged = ({ events, acknowledged }: Run): string[] => {
  const byPlace = new Map<string, RecordedEvent>(events.map((event) => [`${event.stream}/${event.revision}`, event]));
  return acknowledged.flatMap((done) => {
    const { command, jobId, revision, executionId } = done;
    const { kind } = command.ask;
    if (UNKEPT.has(kind)) return [];
    const isRequest = kind === 'trigger' || kind === 'force' || kind === 'rerun' || kind === 'backfill';
    const where = isRequest ? `runs-${jobId}/${revision}` : `job-${jobId}/${revision}`;
    const event = byPlace.get(where);
    const name = `${kind} of job ${jobId}, acknowledged at ${done.atMs} ms,`;
    if (event === undefined) return [`${name} is not in the log at ${where}`];
    if (kind === 'backfill') return event.type === 'BackfillRequested' ? [] : [`${name} is a ${event.type} in the log`];
    if (isRequest) {
      const requested = events.some(
        ({ type, data }) => type === 'ExecutionRequested' && 'executionId' in data && data.executionId === executionId,
      );
      return requested ? [] : [`${name} has no execution ${executionId} in the log`];
    }
    return [...says(done, event).map((what) => `${name} ${what}`)];
  });
};

/** Of these no single event says that they were done. */
const UNKEPT: ReadonlySet<string> = new Set([
  'application',
  'leave',
  'limit',
  'cancel',
  'cancelBackfill',
  'bulk',
  'pause',
  'lift',
  'calendar',
]);

/** Each edit has a target of its own, or work of its own. */
const madeAtOf = (task: JobDefinition['taskConfig']): string | undefined =>
  'queue' in task ? `${task.input}` : task.url?.split('/').at(-1);

const says = ({ command }: Acknowledged, { type, data }: RecordedEvent): string[] => {
  if (!('taskConfig' in data)) return [`is a ${type} in the log`];
  switch (command.ask.kind) {
    case 'create':
      return type === 'JobCreated' && data.pattern === command.ask.pattern ? [] : [`is a ${type} in the log`];
    case 'reschedule':
      return data.pattern === command.ask.pattern ? [] : [`left the pattern ${data.pattern}`];
    case 'retarget':
      return madeAtOf(data.taskConfig) === `${command.atMs}` ? [] : ['left the target'];
    case 'delete':
      return type === 'JobDeleted' ? [] : [`is a ${type} in the log`];
    case 'enable':
    case 'disable':
      return data.enabled === (command.ask.kind === 'enable') ? [] : [`left the job ${data.enabled ? 'on' : 'off'}`];
    case 'rename':
    case 'rule':
    case 'cancel':
    case 'rerun':
    case 'trigger':
    case 'backfill':
    case 'cancelBackfill':
    case 'bulk':
    case 'application':
    case 'leave':
    case 'limit':
    case 'pause':
    case 'lift':
    case 'force':
    case 'calendar':
    case 'expire':
      return [];
  }
};
