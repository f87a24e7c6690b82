import type { EventStore, RecordedEvent } from '../event-store/port.ts';
import type { Carrier } from './carrier.ts';
import { LogCopyFailed } from './errors.ts';
import { withoutOrigin } from './origin.ts';
import { visibleEvents } from './visible-events.ts';

/**
 * Compares two logs event by event, in log order: stream, revision, id, type, data, metadata and time. Events about the
 * logs themselves are not compared.
 * @returns the number of events that are equal in both
 * @throws LogCopyFailed COPY_DIFFERS naming the first difference
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
      const [here, there] = [original, copied].map(({ done, value }) =>
        done ? 'nothing' : describeEvent(carrier, value),
      );
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
  for await (const events of visibleEvents(store, await store.end())) yield* events;
}

/** Returns everything that must be equal in both logs as one text. */
const describeEvent = (carrier: Carrier, event: RecordedEvent): string => {
  const { stream, revision, id } = event;
  const texts = carrier.textsOf(event);
  const { recordedAt, metadata } = withoutOrigin(texts, event.recordedAt);
  return `${texts.type} ${id} at ${stream}/${revision} of ${new Date(recordedAt).toISOString()}, ${texts.data} ${metadata}`;
};
