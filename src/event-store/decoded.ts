import type { DecodedEvent } from './codec.ts';
import { StreamParked } from './errors.ts';
import type { RecordedEvent, SubscriptionItem } from './port.ts';

/** Converts decoded events to subscription items. Consecutive events form one item; each unreadable one has its own. */
export function* itemsOfDecoded(decoded: readonly DecodedEvent[]): Generator<SubscriptionItem, void, undefined> {
  let events: RecordedEvent[] = [];
  for (const one of decoded) {
    if (!(one instanceof StreamParked)) {
      events.push(one);
      continue;
    }
    if (events.length > 0) yield { kind: 'events', events };
    events = [];
    yield { kind: 'parked', position: one.position, parked: one };
  }
  if (events.length > 0) yield { kind: 'events', events };
}
