import { expect } from 'chai';
import { DomainEvent } from '../../../src/domain/events/index.ts';
import { type CodecOptions, createCodec, type RawEvent } from '../../../src/event-store/codec.ts';
import { BrokenEvent, UnreadableEvent } from '../../../src/event-store/errors.ts';
import { positionOf } from '../../../src/event-store/port.ts';
import { reserved } from '../../contract/event-store-support.ts';

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
    expect(codec.decode(stored())?.metadata).to.deep.equal(metadata);
  });

  it('passes over a type that it does not know, and counts it', () => {
    const skipped: unknown[] = [];
    const codec = codecWith({ onSkipped: (event) => skipped.push(event) });
    expect(codec.decode(stored({ type: 'Tomorrow', metadata: { v: 4, actor: 'of another shape' } }))).to.equal(
      undefined,
    );
    expect(skipped).to.deep.equal([{ type: 'Tomorrow', version: 4 }]);
  });

  it('passes over a newer version, where minReader allows it', () => {
    expect(codecWith().decode(stored({ metadata: { v: 2 } }))).to.equal(undefined);
    expect(codecWith({ readerLevel: 2 }).decode(stored({ metadata: { v: 2, minReader: 2 } }))).to.equal(undefined);
  });

  for (const [what, event] of [
    ['an unknown type', stored({ type: 'Tomorrow', metadata: { minReader: 2 } })],
    ['a newer version', stored({ metadata: { v: 2, minReader: 2 } })],
    ['a version that it knows', stored({ metadata: { minReader: 2 } })],
  ] as const) {
    it(`stops at ${what} that asks for a newer reader, and says where`, () => {
      expect(() => codecWith({ readerLevel: 1 }).decode(event)).to.throw(
        UnreadableEvent,
        /jobname-1\/3 needs a reader of level 2/,
      );
    });
  }

  for (const [what, event] of [
    ['whose data is not what its version has', stored({ data: { name: 1 } })],
    ['whose data is no JSON', { ...stored(), data: '{' }],
    ['whose metadata is no JSON', { ...stored(), metadata: '' }],
    ['without an actor', stored({ metadata: { actor: undefined } })],
    ['with an impossible version', stored({ metadata: { v: 0 } })],
  ] as const) {
    it(`calls an event broken ${what}`, () => {
      expect(() => codecWith().decode(event)).to.throw(BrokenEvent, /NameReserved at jobname-1\/3/);
    });
  }
});
