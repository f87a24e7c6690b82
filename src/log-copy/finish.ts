import type { z } from 'zod';
import { LogCopied } from '../domain/events/index.ts';
import { logStream } from '../domain/streams.ts';
import { appendSurely } from '../event-store/append-surely.ts';
import { lastEventOf } from '../event-store/last-event.ts';
import { type EventStore, NO_STREAM } from '../event-store/port.ts';
import type { World } from '../world.ts';
import type { Carrier } from './carrier.ts';

const Data = LogCopied.shape.data;

type FinishCopyInput = {
  readonly copy: EventStore;
  readonly carrier: Carrier;
  readonly world: Pick<World, 'random' | 'timers' | 'log'>;
  readonly data: z.infer<typeof Data>;
};

/**
 * Records in the copy up to which position of the original it goes and whether its engines may claim without a release,
 * unless that is already recorded.
 */
export const finishCopy = async ({ copy, carrier, world, data }: FinishCopyInput): Promise<void> => {
  const last = await lastEventOf(copy, logStream);
  const texts = last && carrier.textsOf(last);
  const recorded = texts?.type === 'LogCopied' ? Data.parse(JSON.parse(texts.data)) : undefined;
  if (recorded?.end === data.end && recorded.released === data.released) return;
  const metadata = JSON.stringify({ actor: { type: 'system', name: 'log copy' }, correlationId: world.random.uuid() });
  const event = carrier.carry(world.random.uuid(), { type: 'LogCopied', data: JSON.stringify(data), metadata });
  const append = { stream: logStream, expectedRevision: last?.revision ?? NO_STREAM, events: [event] };
  await appendSurely(copy, append, { world });
};
