import { CARILLON, type EventOf } from '../domain/events/index.ts';
import { refusalsStream } from '../domain/streams.ts';
import { type Instant, type Tenant, toMs } from '../domain/values.ts';
import { lastEventOf } from '../event-store/last-event.ts';
import { NO_STREAM, type Revision } from '../event-store/port.ts';
import { type EventLog, handleCommand } from './loop/handle-command.ts';

type RefusedRequests = EventOf<'RequestsRefused'>['data'];

const append = async (
  log: EventLog,
  tenant: Tenant | undefined,
  events: readonly EventOf<'RequestsRefused' | 'RefusalsCut'>[],
): Promise<Revision> => {
  const stream = refusalsStream(tenant);
  const { revision } = await handleCommand(log, {
    stream,
    context: { tenant: tenant ?? '', actor: CARILLON, correlationId: log.world.random.uuid() },
    load: async () => ({ state: undefined, revision: (await lastEventOf(log.store, stream))?.revision ?? NO_STREAM }),
    decide: () => events,
  });
  return revision;
};

/** Records requests of one tenant that were refused, or of nobody who is known. */
export const recordRefusals =
  (log: EventLog) =>
  async (tenant: Tenant | undefined, counts: readonly RefusedRequests[]): Promise<void> => {
    await append(
      log,
      tenant,
      counts.map((data) => ({ type: 'RequestsRefused', data })),
    );
  };

/** Cuts the refusals of a tenant that were recorded before an instant; says so first, for the read model of them. */
export const cutRefusals =
  (log: EventLog) =>
  async (tenant: Tenant | undefined, before: Instant): Promise<void> => {
    const stream = refusalsStream(tenant);
    let kept: Revision | undefined;
    for await (const { recordedAt, revision } of log.store.readStream(stream)) {
      if (recordedAt < toMs(before)) continue;
      kept = revision;
      break;
    }
    const of = tenant === undefined ? {} : { tenant };
    const cut = await append(log, tenant, [{ type: 'RefusalsCut', data: { ...of, before } }]);
    await log.store.truncateBefore(stream, kept ?? cut);
  };
