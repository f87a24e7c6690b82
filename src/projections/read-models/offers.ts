import type { ClientBase } from 'pg';
import { type EventOf, isRunEvent, type RunEvent } from '../../domain/events/index.ts';
import { namesOfWork } from '../../domain/execution/offer.ts';
import { PREFIX_OF } from '../../domain/streams.ts';
import type { RecordedEvent } from '../../event-store/port.ts';
import { defineProjection } from '../projection.ts';
import { type OfferChange, offerRecord } from '../queries/records/offers.ts';
import { type Column, writeIncoming, writeNewest } from '../write-records.ts';

/** What a later event changes of offered work. */
const taking = offerRecord.part(
  ...(['executionId', 'worker', 'takenAt', 'takeHash', 'tokenHash', 'isCancelled', 'revision'] as const),
);
type Taken = Parameters<typeof taking.merge>[1];
const NOT_TAKEN = { worker: undefined, takenAt: undefined, takeHash: undefined, tokenHash: undefined };

/** By execution: new offers, later events of older ones, and the revisions of ended attempts. */
export type OfferChanges = {
  readonly offered: Map<number, OfferChange>;
  readonly changed: Map<number, Taken>;
  readonly ended: Map<number, number>;
};

type WorkEvent = Extract<RunEvent, { data: { offers?: true | undefined } }>;
const isOfWork = (event: RunEvent): event is WorkEvent => 'offers' in event.data && event.data.offers === true;

export const foldOffers = (
  events: readonly RecordedEvent[],
  changes: OfferChanges = { offered: new Map(), changed: new Map(), ended: new Map() },
): OfferChanges | undefined => {
  for (const event of events) {
    if (isRunEvent(event) && isOfWork(event)) take(changes, event);
  }
  const { offered, changed, ended } = changes;
  return offered.size + changed.size + ended.size === 0 ? undefined : changes;
};

const take = ({ offered, changed, ended }: OfferChanges, event: RecordedEvent<WorkEvent>): void => {
  const { executionId } = event.data;
  const change = (taken: Omit<Taken, 'executionId' | 'revision'>): void => {
    const newer = { ...taken, executionId, revision: event.revision };
    const offer = offered.get(executionId);
    const before = changed.get(executionId);
    if (offer !== undefined) offered.set(executionId, taking.merge(offer, newer));
    else changed.set(executionId, before === undefined ? newer : taking.merge(before, newer));
  };
  switch (event.type) {
    case 'WorkOffered':
      changed.delete(executionId);
      ended.delete(executionId);
      offered.set(executionId, offerOf(event));
      return;
    case 'WorkTaken': {
      const { worker, takenAt, takeHash, tokenHash } = event.data;
      change({ worker, takenAt, takeHash, tokenHash, isCancelled: false });
      return;
    }
    case 'CancelRequested':
      change({ ...NOT_TAKEN, isCancelled: true });
      return;
    case 'ExecutionAttemptFailed':
    case 'ExecutionSucceeded':
    case 'ExecutionFailed':
    case 'ExecutionCancelled':
      offered.delete(executionId);
      changed.delete(executionId);
      ended.set(executionId, event.revision);
      return;
    case 'ExecutionRequested':
    case 'ExecutionStarted':
    case 'CallAccepted':
    case 'HeartbeatReceived':
    case 'HookAttempted':
      return;
  }
};

const offerOf = ({ data, revision }: RecordedEvent<EventOf<'WorkOffered'>>): OfferChange => {
  const { executionId, jobId, applicationId, tenant, attempt, labels, scheduledAt, offeredAt, expiresAt } = data;
  const { queue, task } = namesOfWork(data);
  const open = data.tail.open.find((each) => each.executionId === executionId);
  return {
    ...offerRecord.blank,
    ...{ executionId, jobId, applicationId, tenant, attempt, queue, task, labels, scheduledAt, offeredAt, expiresAt },
    isBackfill: data.trigger === 'backfill',
    isForced: open?.forced === true,
    work: data.work,
    leaseMs: data.leaseMs,
    deadlineMs: data.deadlineMs,
    isCancelled: false,
    revision,
  };
};

type RowKey = 'execution_id' | 'job_id';

/** Deletes the rows with these keys that are older than these revisions. */
const deleteBefore = (
  client: ClientBase,
  table: string,
  { key, before }: { readonly key: RowKey; readonly before: ReadonlyMap<number, number> },
): Promise<void> => {
  const columns: readonly Column<readonly [number, number]>[] = [
    [key, 'bigint', ([id]) => id],
    ['revision', 'bigint', ([, revision]) => revision],
  ];
  return writeIncoming(
    client,
    `${table}_ended_${key}`,
    { columns, rows: before },
    ({ source }) => `DELETE FROM ${table} AS kept USING ${source}
      WHERE kept.${key} = incoming.${key} AND kept.revision < incoming.revision`,
  );
};

const writeTaken = (client: ClientBase, table: string, rows: Iterable<Taken>): Promise<void> =>
  writeIncoming(
    client,
    `${table}_taken`,
    { ...taking, rows },
    ({ source }) => `UPDATE ${table} AS before SET ${taking.mergeSql} FROM ${source}
      WHERE before.execution_id = incoming.execution_id AND before.revision < incoming.revision`,
  );

/** Work that is offered to workers or that a worker has taken; a row is deleted when its attempt ends. */
export const offers = defineProjection<OfferChanges>({
  name: 'offers',
  shape: '2',
  streamPrefixes: [PREFIX_OF.runs],
  views: ['offers'],
  tables: (schema) => `CREATE TABLE ${schema}.offers (${offerRecord.ddl})`,
  indexes: (schema) => `
    CREATE INDEX IF NOT EXISTS offers_of_queue
      ON ${schema}.offers (application_id, queue, is_backfill, scheduled_at, execution_id) WHERE worker IS NULL;
    CREATE INDEX IF NOT EXISTS offers_of_take ON ${schema}.offers (take_hash) WHERE take_hash IS NOT NULL`,
  fold: foldOffers,
  write: async (client, schema, { offered, changed, ended }) => {
    const table = `${schema}.offers`;
    await Promise.all([
      writeNewest(client, table, { ...offerRecord, rows: offered.values() }),
      writeTaken(client, table, changed.values()),
      deleteBefore(client, table, { key: 'execution_id', before: ended }),
    ]);
  },
  // The end of an attempt may have been cut before it was read.
  expire: (client, schema, expiries) => {
    const before = new Map([...expiries].map(([jobId, { keptFrom }]) => [jobId, keptFrom]));
    return deleteBefore(client, `${schema}.offers`, { key: 'job_id', before });
  },
});
