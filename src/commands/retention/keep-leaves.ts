import { CARILLON, type EventOf } from '../../domain/events/index.ts';
import { leavesStream } from '../../domain/streams.ts';
import { lastEventOf } from '../../event-store/last-event.ts';
import { NO_STREAM } from '../../event-store/port.ts';
import { type EventLog, handleCommand } from '../loop/handle-command.ts';

type KeptLeaves = EventOf<'LeavesKept'>['data'];

/** Records leaves whose events may be cut then; nothing where another process has recorded as much. */
export const keepLeaves =
  (log: EventLog) =>
  async (kept: KeptLeaves): Promise<void> => {
    const { store, world } = log;
    await handleCommand(log, {
      stream: leavesStream,
      context: { tenant: '', actor: CARILLON, correlationId: world.random.uuid() },
      load: async () => {
        const last = await lastEventOf(store, leavesStream);
        return { state: last?.type === 'LeavesKept' ? last.data : undefined, revision: last?.revision ?? NO_STREAM };
      },
      decide: (last) => (last !== undefined && last.before >= kept.before ? [] : [{ type: 'LeavesKept', data: kept }]),
    });
  };
