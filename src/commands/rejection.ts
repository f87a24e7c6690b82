import { defined } from '../domain/defined.ts';
import { CARILLON, type EventOf } from '../domain/events/index.ts';
import { rejectionsStream } from '../domain/streams.ts';
import { type Instant, type Tenant, toMs } from '../domain/values.ts';
import { NO_STREAM, type Revision } from '../event-store/port.ts';
import { lastEventOf } from '../event-store/read-log.ts';
import { type EventLog, handleCommand } from './loop/handle-command.ts';

type RejectedRequests = EventOf<'RequestsRejected'>['data'];

const append = async (
  log: EventLog,
  tenant: Tenant | undefined,
  events: readonly EventOf<'RequestsRejected' | 'RejectionsTruncated'>[],
): Promise<Revision> => {
  const stream = rejectionsStream(tenant);
  const { revision } = await handleCommand(log, {
    stream,
    context: { tenant: tenant ?? '', actor: CARILLON, correlationId: log.world.random.uuid() },
    load: async () => ({ state: undefined, revision: (await lastEventOf(log.store, stream))?.revision ?? NO_STREAM }),
    decide: () => events,
  });
  return revision;
};

/** Records rejected requests of one tenant, or of unknown callers. */
export const recordRejections =
  (log: EventLog) =>
  async (tenant: Tenant | undefined, counts: readonly RejectedRequests[]): Promise<void> => {
    await append(
      log,
      tenant,
      counts.map((data) => ({ type: 'RequestsRejected', data })),
    );
  };

/** Deletes a tenant's rejections recorded before an instant; first records that, for their read model. */
export const truncateRejections =
  (log: EventLog) =>
  async (tenant: Tenant | undefined, before: Instant): Promise<void> => {
    const stream = rejectionsStream(tenant);
    let kept: Revision | undefined;
    for await (const { recordedAt, revision } of log.store.readStream(stream)) {
      if (recordedAt < toMs(before)) continue;
      kept = revision;
      break;
    }
    const of = defined({ tenant });
    const cut = await append(log, tenant, [{ type: 'RejectionsTruncated', data: { ...of, before } }]);
    await log.store.truncateBefore(stream, kept ?? cut);
  };
