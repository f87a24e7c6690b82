import { applicationStream, idsStream } from '../../domain/streams.ts';
import type { StreamParked } from '../../event-store/errors.ts';
import { lastEventOf } from '../../event-store/last-event.ts';
import type { EventStore, RecordedEvent } from '../../event-store/port.ts';

type LastOfApplication = { readonly applicationId: number; readonly last: RecordedEvent | StreamParked };

const AT_ONCE = 200;

/** Reads the last event of each application of all tenants from the log, 200 at a time. */
export async function* applicationsOf(
  store: Pick<EventStore, 'readLast'>,
): AsyncGenerator<readonly LastOfApplication[]> {
  const reserved = await lastEventOf(store, idsStream('applications'));
  const lastId = reserved?.type === 'IdsReserved' ? reserved.data.last : 0;
  for (let first = 1; first <= lastId; first += AT_ONCE) {
    const ids = Array.from({ length: Math.min(AT_ONCE, lastId - first + 1) }, (_, index) => first + index);
    const events = await store.readLast(ids.map(applicationStream));
    yield ids.flatMap((applicationId, index) => {
      const last = events[index];
      return last === undefined ? [] : [{ applicationId, last }];
    });
  }
}
