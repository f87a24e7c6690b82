import { type EventStore, NO_STREAM, type Position, type RecordedEvent, type Revision } from '../event-store/port.ts';
import type { World } from '../world.ts';
import type { Carrier } from './carrier.ts';
import { createErasedKeys, keepsLast } from './erased-keys.ts';
import { createInOrder } from './in-order.ts';
import { livingEvents } from './living-events.ts';
import { withOrigin } from './origin.ts';
import { placeholders } from './placeholders.ts';

const PLACEHOLDER_BYTES = 200;

export type CopyEvents = {
  readonly source: EventStore;
  readonly copy: EventStore;
  readonly carrier: Carrier;
  readonly world: Pick<World, 'random' | 'timers' | 'log'>;
  /** The source's end. */
  readonly end: Position;
  readonly onProgress: (events: number) => void;
};

/**
 * Copies what the copy lacks, stream by stream at the revision it has come to, then cuts and erases there what was cut
 * and erased here.
 * @returns how many events were copied now
 */
export const copyEvents = async ({ source, copy, carrier, world, end, onProgress }: CopyEvents): Promise<number> => {
  const heads = new Map<string, Revision>();
  const cuts = new Map<string, Revision>();
  const erased = createErasedKeys();
  const writer = createInOrder(copy, world);
  let seen = 0;
  let copied = 0;

  const learn = async (events: readonly RecordedEvent[]): Promise<void> => {
    const firsts = new Map<string, Revision>();
    for (const { stream, revision } of events) {
      if (!heads.has(stream) && !firsts.has(stream)) firsts.set(stream, revision);
    }
    const last = await copy.readLast([...firsts.keys()]);
    [...firsts].forEach(([stream, revision], index) => {
      heads.set(stream, last[index]?.revision ?? NO_STREAM);
      if (revision > 0) cuts.set(stream, revision);
    });
  };

  const copyOne = async (event: RecordedEvent): Promise<void> => {
    const { stream, revision } = event;
    const texts = carrier.textsOf(event);
    erased.note(stream, texts);
    let head = heads.get(stream) ?? NO_STREAM;
    if (revision <= head) return;
    for (const events of placeholders(carrier, { count: revision - head - 1, random: world.random })) {
      await writer.append({ stream, expectedRevision: head, events }, PLACEHOLDER_BYTES * events.length);
      head += events.length;
    }
    const said = withOrigin(texts, event);
    const append = { stream, expectedRevision: head, events: [carrier.carry(event.id, said)] };
    await writer.append(append, said.data.length + said.metadata.length);
    heads.set(stream, revision);
    copied += 1;
  };

  for await (const events of livingEvents(source, end)) {
    await learn(events);
    for (const event of events) await copyOne(event);
    seen += events.length;
    onProgress(seen);
  }
  await writer.flush();
  for (const [stream, revision] of cuts) await copy.truncateBefore(stream, revision);
  for (const stream of heads.keys()) if (keepsLast(stream)) await copy.keepLast(stream);
  await erased.erase(copy);
  return copied;
};
