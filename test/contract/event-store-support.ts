import { DomainEvent } from '../../src/domain/events/index.ts';
import { type Codec, createCodec } from '../../src/event-store/codec.ts';
import { StreamParked } from '../../src/event-store/errors.ts';
import type {
  Append,
  Delivered,
  DeliveredAs,
  EventStore,
  NewEvent,
  RecordedEvent,
  SubscribeOptions,
  SubscriptionItem,
} from '../../src/event-store/port.ts';
import { NO_STREAM } from '../../src/event-store/port.ts';
import { seededRandom } from '../support/world.ts';

/** One log, however many processes have it open. */
export type ContractLog = {
  /** The store as a process of its own would have it. */
  open(options?: { readonly codec?: Codec }): EventStore;
  /** Makes the log take calls and answer none, until the function returned is called. */
  silence(): Promise<() => Promise<void>>;
  /** Lets the deadline of an append pass, as the stores' clock has it. */
  passDeadline(): Promise<void>;
  /** Cuts what connects the stores to the log. */
  cutConnections(): Promise<void>;
  /** Completes cuts where a log only hides what was cut; false where it can't be made to drop it here and now. */
  scavenge(): Promise<boolean>;
  remove(): Promise<void>;
};

export const contractCodec = createCodec({ schemas: DomainEvent.options });

const random = seededRandom(Date.now());

/** An event with text of the test's own choosing. */
export const reserved = (name: string, ownerId = 1): NewEvent => ({
  type: 'NameReserved',
  data: { tenant: 'default', name, ownerId },
  id: random.uuid(),
  metadata: { actor: { type: 'system', name: 'test' }, correlationId: 'contract' },
});

export const appendOf = (stream: string, expectedRevision: number, ...names: string[]): Append => ({
  stream,
  expectedRevision,
  events: names.map((name) => reserved(name)),
});

/** Appends an event with these texts, below the codec. */
export const appendRaw = async (
  log: Pick<ContractLog, 'open'>,
  {
    stream,
    expectedRevision,
    ...texts
  }: { stream: string; expectedRevision: number; data?: string; metadata?: string },
): Promise<void> => {
  const encode: Codec['encode'] = (event) => ({ ...contractCodec.encode(event), ...texts });
  const raw = log.open({ codec: { ...contractCodec, encode } });
  await raw.append(appendOf(stream, expectedRevision, 'raw'));
  await raw.close();
};

/** Starts a stream with these events. */
export const begin = (store: EventStore, stream: string, ...names: string[]) =>
  store.append(appendOf(stream, NO_STREAM, ...names));

export const nameOf = (event: Delivered[DeliveredAs] | StreamParked | undefined): string | undefined =>
  event instanceof StreamParked || event?.type !== 'NameReserved' ? undefined : event.data.name;

export const namesOf = (events: readonly Delivered[DeliveredAs][]): (string | undefined)[] => events.map(nameOf);

export const all = async <T>(items: AsyncIterable<T>): Promise<T[]> => {
  const found: T[] = [];
  for await (const item of items) found.push(item);
  return found;
};

/** What an append was rejected with. */
export const rejection = async (append: Promise<unknown>): Promise<unknown> => {
  try {
    return { accepted: await append };
  } catch (error) {
    return error;
  }
};

export type Reader<E = RecordedEvent> = {
  /** Reads until an item of this kind, inclusive, and gives all that was read. */
  until(kind: SubscriptionItem['kind']): Promise<SubscriptionItem<E>[]>;
  /** Reads until so many events have come since the call, and gives them. */
  events(count: number): Promise<E[]>;
  stop(): Promise<void>;
};

/** A subscription read at the test's pace. */
export const read = <A extends DeliveredAs = 'events'>(
  store: EventStore,
  options: Omit<SubscribeOptions<A>, 'signal'> = {},
): Reader<Delivered[A]> => {
  const stopping = new AbortController();
  const items = store.subscribe({ ...options, signal: stopping.signal })[Symbol.asyncIterator]();
  const next = async (): Promise<SubscriptionItem<Delivered[A]>> => {
    const { value, done } = await items.next();
    if (done) throw new Error('the subscription has ended');
    return value;
  };
  return {
    async until(kind) {
      const found = [await next()];
      while (found.at(-1)?.kind !== kind) found.push(await next());
      return found;
    },
    async events(count) {
      const found: Delivered[A][] = [];
      while (found.length < count) {
        const item = await next();
        if (item.kind === 'events') found.push(...item.events);
      }
      return found;
    },
    async stop() {
      stopping.abort();
      for (let ended = false; !ended; ) ended = (await items.next()).done === true;
    },
  };
};

export const eventsIn = <E>(items: readonly SubscriptionItem<E>[]): E[] =>
  items.flatMap((item) => (item.kind === 'events' ? item.events : []));
