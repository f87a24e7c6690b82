import { expect } from 'chai';
import fc from 'fast-check';
import { ACTOR_TYPES, EventMetadata } from '../../../src/domain/events/index.ts';
import { defaultMetadata, Envelope } from '../../../src/event-store/codec.ts';

const name = fc.oneof(fc.string(), fc.constant(null), fc.nat());
const actor = fc.record(
  {
    type: fc.oneof(fc.constantFrom(...ACTOR_TYPES), fc.string()),
    name,
    tokenId: name,
    createdBy: fc.string(),
  },
  { requiredKeys: [] },
);

const metadata = fc.record(
  {
    actor: fc.oneof(actor, fc.constant(null), fc.string()),
    correlationId: name,
    reason: fc.oneof(name, fc.constant(undefined)),
    causationId: name,
    minReader: fc.nat(),
    recordedAt: fc.nat(),
    v: fc.oneof(fc.constantFrom(1, 2), fc.integer(), fc.double()),
    sum: fc.oneof(fc.nat(), fc.string(), fc.double()),
  },
  { requiredKeys: [] },
);

describe('metadata as nearly all events have it', () => {
  it('is read as its schemas read it, or left to them', () => {
    fc.assert(
      fc.property(fc.oneof(metadata, fc.anything()), (stored) => {
        const usual = defaultMetadata(stored);
        if (usual === undefined) return;
        expect(usual.envelope).to.deep.equal(Envelope.parse(stored));
        expect(usual.metadata).to.deep.equal(EventMetadata.parse(stored));
      }),
      { numRuns: 500 },
    );
    const stored = { actor: { type: 'engine', name: 'e' }, correlationId: 'c', reason: 'r', v: 2, sum: 7 };
    expect(defaultMetadata(stored)).to.deep.equal({
      envelope: { v: 2, sum: 7 },
      metadata: { actor: { type: 'engine', name: 'e' }, correlationId: 'c', reason: 'r' },
    });
  });
});
