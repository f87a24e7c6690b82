import type { z } from 'zod';
import { LogCopied } from '../domain/events/index.ts';
import { logStream } from '../domain/streams.ts';
import { appendSurely } from '../event-store/append-surely.ts';
import { lastEventOf } from '../event-store/last-event.ts';
import { type EventStore, NO_STREAM } from '../event-store/port.ts';
import type { World } from '../world.ts';
import type { Carrier } from './carrier.ts';

const Data = LogCopied.shape.data;

type Finish = {
  readonly copy: EventStore;
  readonly carrier: Carrier;
  readonly world: Pick<World, 'random' | 'timers' | 'log'>;
  readonly said: z.infer<typeof Data>;
};

/** Writes down in the copy how far it goes, where that isn't its last word already. */
export const finishCopy = async ({ copy, carrier, world, said }: Finish): Promise<void> => {
  const last = await lastEventOf(copy, logStream);
  const texts = last && carrier.textsOf(last);
  if (texts?.type === 'LogCopied' && Data.parse(JSON.parse(texts.data)).end === said.end) return;
  const metadata = JSON.stringify({ actor: { type: 'system', name: 'log copy' }, correlationId: world.random.uuid() });
  const event = carrier.carry(world.random.uuid(), { type: 'LogCopied', data: JSON.stringify(said), metadata });
  const append = { stream: logStream, expectedRevision: last?.revision ?? NO_STREAM, events: [event] };
  await appendSurely(copy, append, { world });
};
