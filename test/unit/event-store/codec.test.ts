import { expect } from 'chai';
import fc from 'fast-check';
import { DomainEvent } from '../../../src/domain/events/index.ts';
import { type CodecOptions, createCodec } from '../../../src/event-store/codec.ts';
import { StreamParked, UnreadableEvent, UnwritableEvent } from '../../../src/event-store/errors.ts';
import { positionOf } from '../../../src/event-store/port.ts';
import { readable } from '../../../src/event-store/read-log.ts';
import type { RawEvent } from '../../../src/event-store/stored-event.ts';
import { reserved } from '../../contract/event-store-support.ts';
import { anyHistory, metadata as base, history } from '../../support/histories.ts';
import { jobCreated } from '../../support/jobs.ts';

const schemas = DomainEvent.options;
const place = { id: 'e1', stream: 'jobname-1', revision: 3, position: positionOf(7), recordedAt: 1_000 };
const metadata = { actor: { type: 'user', name: 'ada' }, correlationId: 'c1' };
const stored = (changes: { type?: string; data?: unknown; metadata?: object } = {}): RawEvent => ({
  ...place,
  type: changes.type ?? 'NameReserved',
  data: JSON.stringify(changes.data ?? { tenant: 'default', name: 'a', ownerId: 1 }),
  metadata: JSON.stringify({ ...metadata, v: 1, ...changes.metadata }),
});

const codecWith = (options: Partial<CodecOptions> = {}) => createCodec({ schemas, ...options });

describe('codec', () => {
  it('gives back what it encoded, with its place', () => {
    const codec = codecWith();
    const event = reserved('näme');
    expect(codec.decode({ ...place, ...codec.encode(event), id: event.id })).to.deep.equal({ ...place, ...event });
  });

  it('keeps the version in the metadata that is stored, and out of what is read', () => {
    const codec = codecWith({ upcasters: { NameReserved: [(data) => data] } });
    expect(JSON.parse(codec.encode(reserved('a')).metadata)).to.include({ v: 2 });
    expect(readable(codec.decode(stored()))?.metadata).to.deep.equal(metadata);
  });

  it('passes over a type that it does not know, and counts it', () => {
    const skipped: unknown[] = [];
    const codec = codecWith({ onSkipped: (event) => skipped.push(event) });
    expect(codec.decode(stored({ type: 'Tomorrow', metadata: { v: 4, actor: 'of another shape' } }))).to.equal(
      undefined,
    );
    expect(skipped).to.deep.equal([{ type: 'Tomorrow', version: 4 }]);
  });

  it('passes over a newer version, if minReader allows it', () => {
    expect(codecWith().decode(stored({ metadata: { v: 2 } }))).to.equal(undefined);
    expect(codecWith({ readerLevel: 2 }).decode(stored({ metadata: { v: 2, minReader: 2 } }))).to.equal(undefined);
  });

  for (const [what, event] of [
    ['an unknown type', stored({ type: 'Tomorrow', metadata: { minReader: 2 } })],
    ['a newer version', stored({ metadata: { v: 2, minReader: 2 } })],
    ['a version that it knows', stored({ metadata: { minReader: 2 } })],
  ] as const) {
    it(`stops at ${what} that requests a newer reader, and states where`, () => {
      expect(() => codecWith({ readerLevel: 1 }).decode(event)).to.throw(
        UnreadableEvent,
        /jobname-1\/3 needs a reader of level 2/,
      );
    });
  }

  for (const [what, event, why] of [
    ['whose data is not what its version has', stored({ data: { name: 1 } }), /expected string/],
    ['whose data is no JSON', { ...stored(), data: '{"secret' }, /^its data is not valid JSON$/],
    ['whose metadata is no JSON', { ...stored(), metadata: '' }, /^its metadata is not valid JSON$/],
    ['without an actor', stored({ metadata: { actor: undefined } }), /at actor/],
    ['with an impossible version', stored({ metadata: { v: 0 } }), /at v/],
  ] as const) {
    it(`parks the stream of an event ${what}, and states why without its text`, () => {
      const parked: StreamParked[] = [];
      const decoded = codecWith({ onParked: (each) => parked.push(each) }).decode(event);
      expect(decoded)
        .to.be.instanceOf(StreamParked)
        .and.include({ stream: 'jobname-1', revision: 3, eventType: 'NameReserved' });
      expect(decoded)
        .to.have.property('message')
        .that.matches(/can't read NameReserved at revision 3 of it/);
      expect(decoded).to.have.property('why').that.matches(why);
      expect(parked).to.deep.equal([decoded]);
    });
  }

  it('checks an event again whose data, type or version is not what was written', () => {
    const { data, metadata: written, type } = codecWith().encode(reserved('a'));
    const raw = { ...place, type, data, metadata: written };
    const bad = data.replace('"ownerId":1', '"ownerId":1.5');
    expect(bad).to.not.equal(data);
    const lifting = codecWith({ upcasters: { NameReserved: [() => ({ name: 1 })] } });
    for (const decoded of [
      codecWith().decode({ ...raw, data: bad }),
      codecWith().decode({ ...raw, data: JSON.parse(bad) }),
      codecWith().decode({ ...raw, type: 'NameReleased', data: bad }),
      codecWith().decode({ ...raw, metadata: written.replace('"system"', '"nobody"') }),
      lifting.decode(raw),
    ]) {
      expect(decoded).to.be.instanceOf(StreamParked);
    }
    expect(codecWith().decode({ ...raw, data: JSON.parse(data) })).to.deep.equal(codecWith().decode(raw));
  });

  it('does not check an event again that is as it was written', () => {
    const unchecked = codecWith({ unchecked: new Set(['NameReserved']) });
    const encoded = unchecked.encode(reserved('a', 1.5));
    expect(codecWith().decode({ ...place, ...encoded })).to.have.nested.property('data.ownerId', 1.5);
    const without = JSON.stringify({ ...JSON.parse(encoded.metadata), sum: undefined });
    expect(codecWith().decode({ ...place, ...encoded, metadata: without })).to.be.instanceOf(StreamParked);
  });

  it('reports the first faults of an event that has many', () => {
    const labels = Object.fromEntries(Array.from({ length: 100 }, (_, index) => [`label-${index}`, index]));
    const decoded = codecWith().decode(stored({ type: 'JobCreated', data: { labels, taskType: 'HttpInvokerTask' } }));
    expect(decoded).to.have.property('why').that.has.lengthOf(500);
  });

  const written = (event: DomainEvent) => ({ ...event, id: 'e1', metadata: base });
  for (const [what, event] of [
    ['an instant of year 10000', written(jobCreated({ startAt: '+010000-01-01T23:58:59.000Z' }))],
    ['an instant of year 0', written(jobCreated({ endAt: '0000-12-31T00:00:00.000Z' }))],
    ['an id that is no whole number', reserved('a', 1.5)],
    ['an id that JSON lacks', reserved('a', Number.NaN)],
    ['a revision that is none', { ...reserved('a'), metadata: { ...base, minReader: 0.5 } }],
  ] as const) {
    it(`does not encode ${what}: it would not be read again`, () => {
      expect(() => codecWith().encode(event)).to.throw(UnwritableEvent, event.type);
    });
  }

  it('encodes events of unchecked types as they are given, and checks all others', () => {
    const codec = codecWith({ unchecked: new Set(['NameReserved']) });
    expect(JSON.parse(codec.encode(reserved('a', 1.5)).data)).to.include({ ownerId: 1.5 });
    expect(() => codec.encode(written(jobCreated({ jobId: 1.5 })))).to.throw(UnwritableEvent);
  });

  it('recalls events of unchecked types as they were given, and reads all others as they were written', () => {
    const codec = codecWith({ unchecked: new Set(['NameReserved']) });
    const event = reserved('a', 1);
    const raw = { ...place, id: event.id, ...codec.encode(event) };
    expect(codec.recall?.(event, raw)).to.have.property('data', event.data);
    expect(codec.recall?.(event, raw)).to.deep.equal(codec.decode(raw));
    const created = written(jobCreated());
    const recalled = codec.recall?.(created, { ...place, ...codec.encode(created) });
    expect(recalled).to.have.property('data').that.deep.equals(created.data);
    expect(recalled).to.have.property('data').that.does.not.equal(created.data);
  });

  it('decodes whatever it encodes', () => {
    const oddText = fc.oneof(fc.string(), fc.constantFrom('+010000-01-01T00:00:00.000Z', '0000-01-01T00:00:00.000Z'));
    const oddNumber = fc.oneof(fc.double(), fc.integer());
    const codec = codecWith();
    fc.assert(
      fc.property(anyHistory(2), oddText, oddNumber, (entries, text, number) => {
        for (const { event } of entries) {
          const odd = (value: unknown, at: number): unknown =>
            typeof value === 'string' && at % 3 === 0
              ? text
              : typeof value === 'number' && at % 3 === 1
                ? number
                : value;
          let at = text.length;
          const parsed = DomainEvent.safeParse(JSON.parse(JSON.stringify(event), (_key, value) => odd(value, at++)));
          // What the schema takes is written; what it rejects is not, whatever stands in its place.
          for (const each of [event, ...(parsed.success ? [parsed.data] : [])]) {
            const encoded = codec.encode(written(each));
            expect(readable(codec.decode({ ...place, ...encoded }))?.type).to.equal(each.type);
          }
        }
      }),
    );
  });

  it('takes a response whose numbers JSON lacks, as JSON has them', () => {
    const [entry] = history([
      { jobId: 1, step: 'claim' },
      { jobId: 1, step: 'succeed' },
    ]).filter(({ event }) => event.type === 'ExecutionSucceeded');
    if (entry?.event.type !== 'ExecutionSucceeded') throw new Error('nothing succeeded');
    const { data } = entry.event;
    const event = {
      type: 'ExecutionSucceeded' as const,
      data: { ...data, result: { ...data.result, data: [Number.POSITIVE_INFINITY] } },
    };
    const decoded = codecWith().decode({ ...place, ...codecWith().encode(written(event)) });
    expect(decoded).to.have.nested.property('data.result.data').that.deep.equals([null]);
  });
});
