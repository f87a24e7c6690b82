import { evolveApplication } from '../../domain/application/application.ts';
import { isApplicationEvent, isJobEvent, isRunEvent } from '../../domain/events/families.ts';
import type { Application, JobDefinition, RunTail } from '../../domain/events/index.ts';
import type { RecordedEvent } from '../../event-store/port.ts';

export type DefinitionChange = {
  readonly job: JobDefinition;
  readonly deleted: boolean;
  readonly revision: number;
  /** One of these events created the job. */
  readonly created: boolean;
};
export type RunsChange = { readonly jobId: number; readonly tail: RunTail; readonly revision: number };
export type ValuesChange = Pick<Application, 'applicationId' | 'variables' | 'secrets' | 'limits' | 'tls'> & {
  readonly deleted: boolean;
  readonly revision: number;
};
export type ScheduleChanges = {
  readonly definitions: Map<number, DefinitionChange>;
  readonly runs: Map<number, RunsChange>;
  readonly values: Map<number, ValuesChange>;
};

/**
 * Keeps the last definition and tail of each job and the last event of each application. Each holds the whole state. It
 * goes on with `changes`, where these are given.
 */
export const foldSchedule = (
  events: readonly RecordedEvent[],
  changes: ScheduleChanges = { definitions: new Map(), runs: new Map(), values: new Map() },
): ScheduleChanges | undefined => {
  const { definitions, runs, values } = changes;
  for (const event of events) {
    if (isRunEvent(event)) {
      const { jobId, tail } = event.data;
      runs.set(jobId, { jobId, tail, revision: event.revision });
    } else if (isJobEvent(event)) {
      const { jobId } = event.data;
      const deleted = event.type === 'JobDeleted';
      const created = event.type === 'JobCreated' || (definitions.get(jobId)?.created ?? false);
      definitions.set(jobId, { job: event.data, deleted, created, revision: event.revision });
    } else if (isApplicationEvent(event)) {
      const deleted = event.type === 'ApplicationDeleted';
      values.set(event.data.applicationId, { ...evolveApplication(event), deleted, revision: event.revision });
    }
  }
  return definitions.size + runs.size + values.size === 0 ? undefined : changes;
};
