import { expect } from 'chai';
import { toTextEvent } from '../../../src/event-store/forms.ts';
import { positionOf } from '../../../src/event-store/port.ts';
import type { EncodedEvent } from '../../../src/event-store/stored-event.ts';
import { withOrigin } from '../../../src/log-copy/copy-events.ts';
import { leafOf } from '../../../src/proofs/leaf.ts';

const RECORDED_AT = 1_772_323_200_000;
const texts: EncodedEvent = {
  type: 'JobCreated',
  data: '{"labels":{"tenant":"not this"},"tenant":"a \\"b\\"","n":1}',
  metadata: '{"actor":{"type":"user","name":"\\"copiedFrom\\":"},"correlationId":"c","v":1}',
};

const leaf = (stored: EncodedEvent, place: number, recordedAt = RECORDED_AT) => {
  const at = { id: 'e', stream: 'job-1', revision: 0, position: positionOf(place), recordedAt };
  return leafOf(toTextEvent({ ...stored, ...at }));
};

describe('leaves', () => {
  it('are one JSON text of the event, of the tenant that it names', () => {
    const { tenant, content } = leaf(texts, 3) ?? {};
    expect(tenant).to.equal('a "b"');
    expect(JSON.parse(content ?? '')).to.deep.equal({
      id: 'e',
      type: 'JobCreated',
      metadata: { recordedAt: RECORDED_AT, ...JSON.parse(texts.metadata) },
      data: JSON.parse(texts.data),
    });
  });

  it('are the same in a copy of the log, and in a copy of that', () => {
    const original = leaf(texts, 3);
    const copied = withOrigin(texts, { recordedAt: RECORDED_AT, position: positionOf(3) });
    const again = withOrigin(copied, { recordedAt: RECORDED_AT, position: positionOf(90) });
    for (const [stored, place] of [
      [copied, 90],
      [again, 700],
    ] as const) {
      const found = leaf(stored, place, RECORDED_AT + 1_000_000);
      expect(found?.content).to.equal(original?.content);
      expect(found?.recordedAt).to.equal(RECORDED_AT);
    }
  });

  it('are none of what is in for cut events, and of no tenant', () => {
    expect(leaf({ ...texts, type: 'PrefixCut', data: '{}' }, 4)).to.equal(undefined);
    expect(leaf({ ...texts, data: '{"tenant":7}' }, 4)).to.equal(undefined);
    expect(leaf({ ...texts, metadata: 'null' }, 4)).to.equal(undefined);
  });
});
