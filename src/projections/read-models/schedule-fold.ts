import { z } from 'zod';
import { evolveApplication } from '../../domain/application.ts';
import {
  Hooks,
  isApplicationEvent,
  isJobEvent,
  isRunEvent,
  type JobDefinition,
  Limit,
  RunTail,
  ScheduleFields,
  Secret,
  TlsSettings,
  Variable,
} from '../../domain/events/index.ts';
import type { RecordedEvent } from '../../event-store/port.ts';
import { bigint, boolean, json, type RecordChange, record, text } from '../record.ts';

/** An engine starts from these rows: one for each job, from its definition and its runs. */
export const scheduleRecord = record(
  'scheduled',
  {
    jobId: bigint(),
    tenant: text(),
    applicationId: bigint(),
    enabled: boolean(),
    deleted: boolean(),
    jobRevision: bigint(),
    scheduleFields: json(ScheduleFields),
    /** JSON. */
    rules: text().optional(),
    /** The origin that it calls; absent if that depends on a parameter. */
    target: text().optional(),
    /** As `labelsTextOf` writes them. */
    labels: text().optional(),
    runsRevision: bigint().initially(-1),
    takenRevision: bigint().initially(-1),
    openCount: bigint().initially(0),
    tail: json(RunTail).optional(),
  },
  { key: ['jobId'] },
);

export type DefinitionChange = {
  readonly job: JobDefinition;
  readonly deleted: boolean;
  readonly revision: number;
  /** One of these events created the job. */
  readonly created: boolean;
};

export type RunsChange = { readonly jobId: number; readonly tail: RunTail; readonly revision: number };
/** The values that the jobs of an application can use. Engines start from these rows, so they have the sealed secrets. */
export const valuesRecord = record(
  'application_values',
  {
    applicationId: bigint(),
    revision: bigint(),
    variables: json(z.array(Variable)),
    secrets: json(z.array(Secret)),
    limits: json(z.array(Limit)),
    tls: json(z.array(TlsSettings)),
    hooks: json(Hooks),
    deleted: boolean(),
  },
  { key: ['applicationId'] },
);

export type ScheduleChanges = {
  readonly definitions: Map<number, DefinitionChange>;
  readonly runs: Map<number, RunsChange>;
  readonly values: Map<number, RecordChange<typeof valuesRecord>>;
};

/**
 * Keeps the last definition and tail of each job and the last event of each application. Each holds the whole state. Adds
 * to `changes`, if given.
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
      const application = evolveApplication(event);
      const { applicationId, variables = [], secrets = [], limits = [], tls = [] } = application;
      const given = { variables, secrets, limits, tls, hooks: Hooks.parse(application) };
      values.set(applicationId, { applicationId, ...given, deleted, revision: event.revision });
    }
  }
  return definitions.size + runs.size + values.size === 0 ? undefined : changes;
};
