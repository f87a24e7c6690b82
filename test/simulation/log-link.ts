import { DomainEvent } from '../../src/domain/events/index.ts';
import { type Codec, createCodec, type Decoded } from '../../src/event-store/codec.ts';
import { AppendUnanswered } from '../../src/event-store/errors.ts';
import { createMemoryEventStore, type Faults, type StoreCall } from '../../src/event-store/memory.ts';
import type { MemoryLog } from '../../src/event-store/memory-log.ts';
import type { EventStore } from '../../src/event-store/port.ts';
import type { Machine, Trip } from './machine.ts';
import type { Verb } from './plan.ts';

/** The real codec; what one process has decoded the next one need not. */
export const sharedCodec = (): Codec => {
  const codec = createCodec({ schemas: DomainEvent.options });
  const decoded = new WeakMap<object, Decoded | undefined>();
  return {
    encode: codec.encode,
    decode: (raw) => {
      if (!decoded.has(raw)) decoded.set(raw, codec.decode(raw));
      return decoded.get(raw);
    },
  };
};

/** A process's way to the shared log: its calls take time, get lost on the way there or back, and come again. */
export const linkToLog = (machine: Machine, { log, codec }: { log: MemoryLog; codec: Codec }): EventStore => {
  const trips = new WeakMap<StoreCall, Trip>();
  /** What the page about to be read brings again. */
  let redelivered = 0;
  const travel = async (call: StoreCall, go: () => Promise<void>): Promise<void> => {
    try {
      await go();
    } catch (error) {
      throw call.verb === 'append' ? new AppendUnanswered(call.append.stream, { cause: error }) : error;
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
  return createMemoryEventStore({ codec, now: machine.world.clock.now, log, faults });
};

const verbOf = ({ verb }: StoreCall): Verb => {
  switch (verb) {
    case 'append':
    case 'readLast':
    case 'readStream':
    case 'end':
    case 'page':
      return verb;
    case 'keepLast':
    case 'deleteStream':
      return 'append';
    case 'readAt':
    case 'truncateBefore':
      throw new Error(`nobody is expected to ${verb} in the simulation`);
  }
};
