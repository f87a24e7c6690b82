import type { z } from 'zod';
import { LogCreated } from '../domain/events/index.ts';
import { logStream } from '../domain/streams.ts';
import { appendSurely } from '../event-store/append-surely.ts';
import { type EventStore, NO_STREAM, type Position } from '../event-store/port.ts';
import type { World } from '../runtime/world.ts';
import type { Carrier } from './carrier.ts';
import { LogCopyFailed } from './errors.ts';
import { withOrigin } from './origin.ts';

const Data = LogCreated.shape.data;
type Identity = z.infer<typeof Data>;

/** Reads the identity of a log; undefined if the log does not begin with one. */
const readIdentity = async (store: Pick<EventStore, 'readStream'>, carrier: Carrier): Promise<Identity | undefined> => {
  for await (const event of store.readStream(logStream, { limit: 1 })) {
    const { type, data } = carrier.textsOf(event);
    if (type === 'LogCreated') return Data.parse(JSON.parse(data));
  }
  return undefined;
};

type BeginCopyInput = {
  readonly source: EventStore;
  readonly copy: EventStore;
  readonly carrier: Carrier;
  readonly world: Pick<World, 'random' | 'timers' | 'log'>;
};

/**
 * Returns the identity of the copy, which it records if there is none yet, and the end of the source.
 * @throws LogCopyFailed if the source is empty, or the target is neither empty nor a copy of this source
 */
export const beginCopy = async ({
  source,
  copy,
  carrier,
  world,
}: BeginCopyInput): Promise<{ readonly id: string; readonly copyOf: string; readonly end: Position }> => {
  const original = await readIdentity(source, carrier);
  const end = await source.end();
  if (original === undefined || end === undefined)
    throw new LogCopyFailed('SOURCE_EMPTY', 'there is no log at the source: nothing to copy');
  const begun = await readIdentity(copy, carrier);
  if (begun?.copyOf === original.id) return { id: begun.id, copyOf: original.id, end };
  if (begun !== undefined || (await copy.end()) !== undefined) {
    throw new LogCopyFailed(
      'TARGET_TAKEN',
      `the target holds ${begun === undefined ? 'events' : `log ${begun.id}`} already, no copy of log ${original.id}: take an empty one`,
    );
  }
  const identity = { id: world.random.uuid(), copyOf: original.id };
  for await (const first of source.readStream(logStream, { limit: 1 })) {
    const { type, metadata } = withOrigin(carrier.textsOf(first), first);
    const event = carrier.carry(first.id, { type, data: JSON.stringify(identity), metadata });
    await appendSurely(copy, { stream: logStream, expectedRevision: NO_STREAM, events: [event] }, { world });
  }
  return { ...identity, end };
};
