import { expect } from 'chai';
import type { RunEvent } from '../../../src/domain/events/index.ts';
import { runsStream } from '../../../src/domain/streams.ts';
import { StreamParked } from '../../../src/event-store/errors.ts';
import {
  type EventStore,
  positionOf,
  type RecordedEvent,
  type SubscriptionItem,
  type TextEvent,
} from '../../../src/event-store/port.ts';
import {
  type EventBatch,
  eventBatches,
  eventsAfter,
  type FeedBatch,
  feedBatches,
} from '../../../src/projections/batches.ts';
import { type Gathering, waitForEnds, waitForEvents } from '../../../src/projections/gathering.ts';
import type { Projection } from '../../../src/projections/projection.ts';
import { documents } from '../../../src/projections/read-models/documents.ts';
import { jobs } from '../../../src/projections/read-models/jobs.ts';
import { tree } from '../../../src/projections/read-models/tree.ts';
import { appendEntries } from '../../support/append-entries.ts';
import { codec } from '../../support/codec.ts';
import { history, metadata, recorded, STEPS, type Step } from '../../support/histories.ts';
import { createMemoryEventStore } from '../../support/memory-store.ts';

describe('the feed of generations that share a subscription', () => {
  const steps = Array.from({ length: 90 }, (_, index) => ({
    jobId: (index % 3) + 1,
    step: STEPS[(index * 7) % STEPS.length] ?? 'claim',
  }));
  const entries = history(steps);
  let store: EventStore;
  before(async () => {
    store = createMemoryEventStore({ codec, now: () => 0 });
    await appendEntries(store, entries);
  });

  /** Projections, each after the event up to which it has come; 0: none. */
  const feeds: Readonly<Record<string, readonly (readonly [Projection, number])[]>> = {
    'events alone': [[jobs, 0]],
    'events of several, which have come to different places': [
      [jobs, 11],
      [documents, 4],
    ],
    'texts alone': [[tree, 9]],
    'events and texts': [
      [jobs, 20],
      [documents, 0],
      [tree, 5],
    ],
  };
  const isOf = ({ streamPrefixes }: Projection, { stream }: Pick<RecordedEvent, 'stream'>): boolean =>
    streamPrefixes.length === 0 || streamPrefixes.some((prefix) => stream.startsWith(prefix));

  for (const [what, requested] of Object.entries(feeds)) {
    it(`gives each every event of its streams, once and in order: ${what}`, async () => {
      const generations = requested.map(([projection, after], generation) => {
        const checkpoint = { position: after === 0 ? undefined : positionOf(after), lastEvent: undefined };
        return { projection, generation, schema: '', checkpoint };
      });
      const { signal } = new AbortController();
      const batches: FeedBatch[] = [];
      for await (const batch of feedBatches(generations, store, { maxEvents: 7, signal })) {
        batches.push(batch);
        if (batch.caughtUp) break;
      }
      for (const [projection, after] of requested) {
        const given = batches.flatMap((batch): readonly (RecordedEvent | TextEvent)[] => {
          const later = eventsAfter(positionOf(after), batch);
          return projection.readsTexts ? later.texts : later.events;
        });
        const places = given.filter((event) => isOf(projection, event)).map(({ position }) => Number(position));
        const expected = entries.flatMap((entry, index) =>
          index >= after && isOf(projection, entry) ? [index + 1] : [],
        );
        expect(places, projection.name).to.deep.equal(expected);
        expect(expected.length, projection.name).to.be.above(2);
      }
    });
  }
});

const events = recorded(history(Array.from({ length: 9 }, () => ({ jobId: 1, step: 'claim' as const }))));
const from = (first: number, last: number): SubscriptionItem => ({
  kind: 'events',
  events: events.slice(first - 1, last),
});
const mark = (kind: 'checkpoint' | 'caughtUp', place: number): SubscriptionItem => ({
  kind,
  position: positionOf(place),
});

/** Of a stream whose event of this revision can't be read. */
const parkedAt = (place: number): SubscriptionItem => {
  const at = { stream: 'job-9', revision: place, position: positionOf(place) };
  const parked = new StreamParked({ ...at, id: `${place}`, type: 'JobUpdated', recordedAt: 0, why: 'no JSON' });
  return { kind: 'parked', position: positionOf(place), parked };
};

const AT = '2026-03-01T08:00:00.000Z';
const ofWork = {
  ...{ tenant: 'acme', applicationId: 1, jobId: 1, executionId: 1, trigger: 'manual' as const, attempt: 1 },
  ...{ scheduledAt: AT, createdAt: AT, tail: { jobRevision: 0, cursor: AT, runs: 0, open: [] } },
};
const snapshot = { name: 'report', timezone: 'UTC', taskType: 'WorkerTask' as const, queue: 'reports', task: 'send' };
const WORK: readonly RunEvent[] = [
  {
    type: 'WorkOffered',
    data: {
      ...ofWork,
      ...{ offeredAt: AT, to: 'queue:1/reports', work: { task: 'send' }, leaseMs: 1, deadlineMs: 1 },
      jobSnapshot: { ...snapshot, resolvedParameters: [] },
    },
  },
  {
    type: 'WorkTaken',
    data: { ...ofWork, takenAt: AT, worker: 'w1', takeHash: 'take', tokenHash: 'token', deadlineAt: AT },
  },
];

const { signal } = new AbortController();

/** @param gathering batches wait for more by it */
const batchesOf = async (
  items: readonly SubscriptionItem[],
  maxEvents: number,
  gathering?: Gathering,
): Promise<EventBatch[]> => {
  async function* subscribe() {
    yield* items;
  }
  return Array.fromAsync(eventBatches(subscribe, { maxEvents, gathering, signal }));
};
const places = (batches: readonly EventBatch[]) =>
  batches.flatMap((batch) => batch.events.map(({ position }) => Number(position)));

describe('batches', () => {
  it('cuts an item that is larger than a batch, and loses nothing of it', async () => {
    const batches = await batchesOf([from(1, 7), mark('caughtUp', 9)], 3);
    expect(batches.map((batch) => batch.events.length).filter((size) => size > 0)).to.deep.equal([3, 3, 1]);
    expect(places(batches)).to.deep.equal([1, 2, 3, 4, 5, 6, 7]);
    expect(batches.at(-1)).to.include({ position: positionOf(9), caughtUp: true });
  });

  it('has the position of the last event that it holds if an item was cut: a checkpoint is no further', async () => {
    const batches = await batchesOf([from(1, 7), from(8, 9)], 3);
    expect(batches.length).to.be.at.least(3);
    for (const { events, position } of batches) expect(position).to.equal(events.at(-1)?.position);
  });

  it('drops what comes again', async () => {
    const batches = await batchesOf([from(1, 4), from(2, 5), mark('checkpoint', 3), from(1, 3), from(6, 6)], 100);
    expect(places(batches)).to.deep.equal([1, 2, 3, 4, 5, 6]);
    expect(batches.at(-1)?.position).to.equal(positionOf(6));
  });

  it('loses no parked stream among marks, and reports none twice', async () => {
    const items = [
      mark('checkpoint', 1),
      parkedAt(2),
      parkedAt(3),
      mark('checkpoint', 4),
      parkedAt(3),
      mark('caughtUp', 5),
    ];
    const batches = await batchesOf(items, 100, { waitMs: waitForEvents, sleep: () => new Promise(() => {}) });
    expect(batches.flatMap(({ parked }) => parked.map(({ revision }) => revision))).to.deep.equal([2, 3]);
    expect(batches.at(-1)).to.include({ position: positionOf(5), caughtUp: true });
  });

  it('ends a subscription that is ahead of a batch that fails', async () => {
    let open = 0;
    async function* subscribe() {
      open += 1;
      try {
        for (const place of [1, 2, 3, 4, 5]) yield from(place, place);
      } finally {
        open -= 1;
      }
    }
    for await (const batch of eventBatches(subscribe, { maxEvents: 1, signal })) {
      expect([batch.events.length, open]).to.deep.equal([1, 1]);
      await new Promise(setImmediate);
      break;
    }
    expect(open).to.equal(0);
  });

  it('gathers what arrives while a batch is being written', async () => {
    async function* subscribe() {
      for (const place of [1, 2, 3, 4, 5]) yield from(place, place);
    }
    const sizes: number[] = [];
    for await (const batch of eventBatches(subscribe, { maxEvents: 3, signal })) {
      sizes.push(batch.events.length);
      await new Promise(setImmediate);
    }
    expect(sizes).to.deep.equal([1, 3, 1]);
  });

  it('lets a batch that only moves the position wait for the next one, for a moment', async () => {
    const pauses: (() => void)[] = [];
    const sleep = () => new Promise<void>((resolve) => void pauses.push(resolve));
    let goOn = () => {};
    async function* subscribe() {
      yield from(1, 1);
      yield mark('caughtUp', 2);
      await new Promise<void>((resolve) => {
        goOn = resolve;
      });
      yield from(3, 3);
      await new Promise(setImmediate);
      yield mark('caughtUp', 4);
      await new Promise(() => {});
    }
    const gathering: Gathering = { waitMs: waitForEvents, sleep };
    const batches = eventBatches(subscribe, { maxEvents: 10, gathering, signal });
    const next = async () => Number((await batches.next()).value?.position);
    expect(await next()).to.equal(1);
    const second = next();
    await new Promise(setImmediate);
    goOn();
    expect(await second).to.equal(3);
    const third = next();
    await new Promise(setImmediate);
    expect(pauses).to.have.length(2);
    for (const end of pauses) end();
    expect(await third).to.equal(4);
  });

  it('hands out what came before an error, then throws it', async () => {
    async function* subscribe(): AsyncGenerator<SubscriptionItem> {
      yield from(1, 2);
      throw new Error('broken');
    }
    const handed: number[] = [];
    let failure: unknown;
    try {
      for await (const batch of eventBatches(subscribe, { maxEvents: 10, signal })) {
        handed.push(batch.events.length);
      }
    } catch (error) {
      failure = error;
    }
    expect(handed).to.deep.equal([2]);
    expect(failure).to.have.property('message', 'broken');
  });

  it('ends the subscription when its reader leaves', async () => {
    let ended = false;
    async function* subscribe(signal: AbortSignal) {
      yield from(1, 1);
      await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()));
      ended = true;
    }
    for await (const _ of eventBatches(subscribe, { maxEvents: 10, signal })) break;
    expect(ended).to.equal(true);
  });

  describe('of claims and outcomes', () => {
    const step = (step: Step['step']) => ({ jobId: 1, step });
    // An application and a job, then what the steps say.
    const [application, job, claimed, started, ended, closed, edited, taken] = recorded(
      history([step('claim'), step('claim'), step('succeed'), step('fail'), step('edit')]),
    );
    type Given = RecordedEvent | undefined;
    const itemOf = (...given: readonly Given[]): SubscriptionItem => ({
      kind: 'events',
      events: given.filter((event) => event !== undefined),
    });

    /** What each batch has, of items that come while the batch before them may rest. @param rests of each rest, when it is over */
    const restedBatches = async (
      items: readonly SubscriptionItem[],
      rests: readonly Promise<void>[],
      maxEvents = 10,
    ) => {
      async function* subscribe() {
        yield itemOf(application, job);
        for (const item of items) {
          await new Promise(setImmediate);
          yield item;
        }
        await new Promise(setImmediate);
      }
      let rested = 0;
      const sleep = () => rests[rested++] ?? Promise.resolve();
      const gathering: Gathering = { waitMs: waitForEnds(maxEvents), sleep };
      const batches = eventBatches(subscribe, { maxEvents, gathering, signal });
      return (await Array.fromAsync(batches)).slice(1).map((batch) => batch.events.map(({ type }) => type));
    };
    const never = new Promise<void>(() => {});

    it('has what ends soon in the batch that begins it', async () => {
      const batches = await restedBatches([itemOf(claimed, started), itemOf(ended), itemOf(closed)], [never]);
      expect(batches).to.deep.equal([
        ['ExecutionStarted', 'ExecutionStarted', 'ExecutionSucceeded', 'ExecutionFailed'],
      ]);
    });

    it('has offers and takes in it too', async () => {
      const stream = runsStream(1);
      const [offer, take] = WORK.map((event, index) => {
        const place = { stream, revision: index + 1, position: positionOf(4 + index), recordedAt: 0 };
        return { ...event, ...place, id: `work-${index}`, metadata };
      });
      const batches = await restedBatches([itemOf(claimed), itemOf(offer), itemOf(take), itemOf(closed)], [never]);
      expect(batches).to.deep.equal([['ExecutionStarted', 'WorkOffered', 'WorkTaken', 'ExecutionFailed']]);
    });

    it('rests no longer than it may', async () => {
      const batches = await restedBatches([itemOf(claimed), itemOf(closed)], [Promise.resolve()]);
      expect(batches).to.deep.equal([['ExecutionStarted'], ['ExecutionFailed']]);
    });

    it('does not rest once there is other work', async () => {
      const batches = await restedBatches([itemOf(claimed), itemOf(edited), itemOf(taken)], [never]);
      expect(batches).to.deep.equal([['ExecutionStarted', 'JobUpdated'], ['DefinitionActivated']]);
    });

    it('does not rest once half of a batch is there', async () => {
      const batches = await restedBatches([itemOf(claimed), itemOf(started), itemOf(closed)], [never], 4);
      expect(batches).to.deep.equal([['ExecutionStarted', 'ExecutionStarted'], ['ExecutionFailed']]);
    });
  });
});
