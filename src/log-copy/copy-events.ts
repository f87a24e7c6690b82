import {
  type EventStore,
  type NewEvent,
  NO_STREAM,
  type Position,
  type RecordedEvent,
  type Revision,
} from '../event-store/port.ts';
import type { World } from '../world.ts';
import type { Carrier } from './carrier.ts';
import { createErasedKeys, keepsLast } from './erased-keys.ts';
import { createInOrder } from './in-order.ts';
import { livingEvents } from './living-events.ts';
import { withOrigin } from './origin.ts';
import { placeholders } from './placeholders.ts';

const PLACEHOLDER_BYTES = 200;
/** At the most in one append: a log takes 1 MiB. */
const RUN = { events: 100, bytes: 512 * 1_024 } as const;

type Run = {
  readonly stream: string;
  readonly expectedRevision: Revision;
  readonly events: NewEvent[];
  sizeBytes: number;
};

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

  /** Neighbours in the log and in their stream go as one append, most often as they came. */
  let run: Run | undefined;
  const sendRun = async (): Promise<void> => {
    const sent = run;
    run = undefined;
    if (sent !== undefined) await writer.append(sent, sent.sizeBytes);
  };

  const copyOne = async (event: RecordedEvent): Promise<void> => {
    const { stream, revision } = event;
    const texts = carrier.textsOf(event);
    erased.note(stream, texts);
    const head = heads.get(stream) ?? NO_STREAM;
    if (revision <= head) return;
    const said = withOrigin(texts, event);
    const carried = carrier.carry(event.id, said);
    const sizeBytes = 2 * said.type.length + Buffer.byteLength(said.data) + Buffer.byteLength(said.metadata);
    heads.set(stream, revision);
    copied += 1;
    const follows = run?.stream === stream && revision === head + 1 && run.events.length < RUN.events;
    if (run !== undefined && follows && run.sizeBytes + sizeBytes <= RUN.bytes) {
      run.events.push(carried);
      run.sizeBytes += sizeBytes;
      return;
    }
    await sendRun();
    let expectedRevision = head;
    const missing = { count: revision - head - 1, random: world.random };
    for (const events of missing.count > 0 ? placeholders(carrier, missing) : []) {
      await writer.append({ stream, expectedRevision, events }, PLACEHOLDER_BYTES * events.length);
      expectedRevision += events.length;
    }
    run = { stream, expectedRevision, events: [carried], sizeBytes };
  };

  for await (const events of livingEvents(source, end)) {
    await learn(events);
    for (const event of events) await copyOne(event);
    seen += events.length;
    onProgress(seen);
  }
  await sendRun();
  await writer.flush();
  for (const [stream, revision] of cuts) await copy.truncateBefore(stream, revision);
  for (const stream of heads.keys()) if (keepsLast(stream)) await copy.keepLast(stream);
  await erased.erase(copy);
  return copied;
};
