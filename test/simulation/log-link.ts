import type { EventOf } from '../../src/domain/events/index.ts';
import { logStream } from '../../src/domain/streams.ts';
import type { Codec } from '../../src/event-store/codec.ts';
import { AppendTooLarge, AppendUnconfirmed } from '../../src/event-store/errors.ts';
import type { DecodedEvent, EventStore, NewEvent } from '../../src/event-store/port.ts';
import { codec } from '../support/codec.ts';
import type { MemoryLog } from '../support/memory-log.ts';
import { createMemoryEventStore, type Faults, type StoreCall, withAppend } from '../support/memory-store.ts';
import type { Machine, Trip } from './machine.ts';
import type { PlannedFault, Verb } from './plan.ts';

/** The real codec; what one process has decoded the next one need not. */
export const sharedCodec = (): Codec => {
  const decoded = new WeakMap<object, DecodedEvent | undefined>();
  return {
    encode: codec.encode,
    decode: (raw) => {
      if (!decoded.has(raw)) decoded.set(raw, codec.decode(raw));
      return decoded.get(raw);
    },
  };
};

/** Nothing in the simulation gives its log a name. */
export const LOG_ID = 'simulated';

export type DomainError = Extract<PlannedFault, { kind: 'reject' }>;
type Linked = {
  readonly log: MemoryLog;
  readonly codec: Codec;
  readonly rejections: readonly DomainError[];
  readonly isIll: () => boolean;
};

/** A process's way to the shared log: its calls take time, get lost on the way there or back, and come again. */
export const linkToLog = (machine: Machine, { log, codec, rejections, isIll }: Linked): EventStore => {
  const trips = new WeakMap<StoreCall, Trip>();
  /** What the page about to be read brings again. */
  let redelivered = 0;
  const travel = async (call: StoreCall, go: () => Promise<void>): Promise<void> => {
    try {
      await go();
    } catch (error) {
      throw call.verb === 'append' ? new AppendUnconfirmed(call.append.stream, { cause: error }) : error;
    }
  };
  const faults: Faults = {
    before: async (call) => {
      const trip = machine.depart(verbOf(call));
      trips.set(call, trip);
      await travel(call, trip.there);
      redelivered = trip.redelivered;
    },
    after: async (call) => {
      const trip = trips.get(call);
      if (trip !== undefined) await travel(call, trip.back);
    },
    redeliver: () => redelivered,
  };
  const store = createMemoryEventStore({ codec, now: machine.world.clock.now, log, faults });
  return withAppend(store, rejecting(store.append, { rejections, isIll }));
};

/** The log that rejects some outcomes: for what is in them, or for a while. */
const rejecting = (
  append: EventStore['append'],
  { rejections, isIll }: Pick<Linked, 'rejections' | 'isIll'>,
): EventStore['append'] => {
  const left = new Map<number, { readonly why: DomainError['why']; times: number }>();
  let outcomes = 0;
  return async (requested) => {
    const { data } = requested.events.find(isOutcome) ?? {};
    if (data === undefined || !isIll()) return append(requested);
    const known = left.get(data.executionId);
    const rejection = known === undefined ? rejections.find(({ nth }) => nth === outcomes + 1) : undefined;
    const rejected = known ?? { why: 'denied' as const, times: 0, ...rejection };
    if (known === undefined) outcomes++;
    left.set(data.executionId, rejected);
    if (rejected.why === 'large' && ('jobSnapshot' in data || 'result' in data)) {
      throw new AppendTooLarge({ stream: requested.stream, sizeBytes: 2_000_000, limitBytes: 1_000_000 });
    }
    if (rejected.why === 'denied' && rejected.times-- > 0) throw new Error('a right is missing');
    return append(requested);
  };
};

const isOutcome = (event: NewEvent): event is NewEvent<EventOf<'ExecutionSucceeded' | 'ExecutionFailed'>> =>
  event.type === 'ExecutionSucceeded' || event.type === 'ExecutionFailed';

const verbOf = (call: StoreCall): Verb => {
  const { verb } = call;
  if (verb === 'readStream' && call.stream === logStream) return 'check';
  switch (verb) {
    case 'append':
    case 'readLast':
    case 'readStream':
    case 'end':
    case 'page':
      return verb;
    case 'keepLast':
    case 'deleteStream':
    case 'truncateBefore':
      return 'append';
    case 'readAt':
      return 'check';
  }
};
