import type { EventStore, RecordedEvent } from '../event-store/port.ts';
import type { Carrier } from './carrier.ts';
import { LogCopyFailed } from './errors.ts';
import { livingEvents } from './living-events.ts';
import { withoutOrigin } from './origin.ts';

/**
 * Compares two logs event by event, in their order: stream, revision, id, type, data, metadata and time; not what each
 * says of itself.
 * @returns how many events are the same in both
 * @throws LogCopyFailed COPY_DIFFERS naming the first that is not
 */
export const verifyCopy = async ({
  source,
  copy,
  carrier,
}: {
  source: EventStore;
  copy: EventStore;
  carrier: Carrier;
}): Promise<number> => {
  const originals = oneByOne(source);
  const copies = oneByOne(copy);
  try {
    for (let same = 0; ; same++) {
      const [original, copied] = await Promise.all([originals.next(), copies.next()]);
      if (original.done && copied.done) return same;
      const [here, there] = [original, copied].map(({ done, value }) => (done ? 'nothing' : saying(carrier, value)));
      if (here !== there) {
        throw new LogCopyFailed(
          'COPY_DIFFERS',
          `after ${same} events the logs differ: ${here} in the original, ${there} in the copy`,
        );
      }
    }
  } finally {
    await Promise.all([originals.return(), copies.return()]);
  }
};

async function* oneByOne(store: EventStore): AsyncGenerator<RecordedEvent, void, undefined> {
  for await (const events of livingEvents(store, await store.end())) yield* events;
}

/** All that must be the same of an event, as one text. */
const saying = (carrier: Carrier, event: RecordedEvent): string => {
  const { stream, revision, id } = event;
  const texts = carrier.textsOf(event);
  const { recordedAt, metadata } = withoutOrigin(texts, event.recordedAt);
  return `${texts.type} ${id} at ${stream}/${revision} of ${new Date(recordedAt).toISOString()}, ${texts.data} ${metadata}`;
};
