import { engineStream } from '../../domain/streams.ts';
import { appendSurely } from '../../event-store/append-surely.ts';
import { type EventStore, NO_STREAM, type Revision } from '../../event-store/port.ts';
import type { World } from '../../runtime/world.ts';
import { engineMetadata } from '../actor.ts';

/** Heartbeats in the log. An engine that can't reach Postgres shows the others this way that it lives. */
export type LogBeats = {
  /** Appends a beat. Resolves when it is in the log. */
  beat(): Promise<void>;
  /** Reads the revision of the last beat of each of these engines. Engines without one are left out. */
  lastOf(engineIds: readonly string[]): Promise<ReadonlyMap<string, Revision>>;
};

type Options = { readonly store: EventStore; readonly engineId: string; readonly world: World };

export const createLogBeats = ({ store, engineId, world }: Options): LogBeats => {
  const stream = engineStream(engineId);
  let revision: Revision = NO_STREAM;
  let keepsLast = false;

  return {
    beat: async () => {
      if (!keepsLast) {
        await store.keepLast(stream);
        keepsLast = true;
      }
      const event = {
        id: world.random.uuid(),
        type: 'EngineBeat' as const,
        data: { engineId },
        metadata: engineMetadata(engineId, { correlationId: stream }),
      };
      const appended = await appendSurely(store, { stream, expectedRevision: revision, events: [event] }, { world });
      revision = appended.revision;
    },
    lastOf: async (engineIds) => {
      const last = await store.readLast(engineIds.map(engineStream));
      return new Map(
        last.flatMap((event, index) => {
          const engine = engineIds[index];
          return event === undefined || engine === undefined ? [] : [[engine, event.revision] as const];
        }),
      );
    },
  };
};
