import { expect } from 'chai';
import { z } from 'zod';
import {
  appended,
  bigint,
  instant,
  onceTrue,
  type RecordChange,
  record,
  text,
} from '../../../src/projections/record.ts';

const parcelRecord = record(
  'parcel',
  {
    id: bigint().named('parcel_id'),
    owner: text().first(),
    place: text(),
    note: text().optional().describe('Of the last event'),
    sentAt: instant().kept().orNull(),
    weight: text()
      .keptUnless({ holds: ({ place }: { readonly place: string }) => place === 'sea', sql: "incoming.place = 'sea'" })
      .hidden(),
    stops: appended(z.string()),
    isHeavy: onceTrue().inner(),
  },
  { key: ['id'] },
);
type Parcel = RecordChange<typeof parcelRecord>;

const AT = '2026-03-01T08:00:00.000Z';
const parcel: Parcel = { ...parcelRecord.blank, id: 7, owner: 'ada', place: 'home', isHeavy: false };

describe('a record', () => {
  it('merges each field by its rule', () => {
    const older: Parcel = { ...parcel, note: 'a', sentAt: AT, weight: '3 kg', stops: ['x'], isHeavy: true };
    const newer: Parcel = { ...parcel, owner: 'bob', place: 'away', stops: ['y', 'z'] };
    expect(parcelRecord.merge(older, newer)).to.deep.equal({
      ...{ id: 7, owner: 'ada', place: 'away', note: undefined, sentAt: AT, weight: '3 kg' },
      ...{ stops: ['x', 'y', 'z'], isHeavy: true },
    });
    expect(parcelRecord.merge(older, { ...newer, place: 'sea', stops: undefined })).to.include({
      weight: undefined,
      stops: older.stops,
    });
  });

  it('is read as it was written', () => {
    const change: Parcel = { ...parcel, sentAt: AT, note: 'a\0b', stops: ['x', 'y'] };
    expect(parcelRecord.columns.map(([name, type, value]) => [name, type, value(change)])).to.deep.equal([
      ['parcel_id', 'bigint', 7],
      ['owner', 'text', 'ada'],
      ['place', 'text', 'home'],
      ['note', 'text', 'ab'],
      ['sent_at', 'timestamptz', AT],
      ['weight', 'text', null],
      ['stops', 'text', '"x","y"'],
      ['is_heavy', 'boolean', false],
    ]);
    const row = { id: 7n, owner: 'ada', place: 'home', note: 'ab', sentAt: Date.parse(AT), weight: null, stops: '"x"' };
    expect(parcelRecord.row.parse(row)).to.deep.equal({ ...row, id: 7, sentAt: AT, stops: ['x'] });
  });

  it('leaves out of a view what there is not, of a row as of a change', () => {
    const seen = { id: 7, owner: 'ada', place: 'home', sentAt: null, stops: [] };
    expect(parcelRecord.view(parcel)).to.deep.equal(seen);
    expect(parcelRecord.view({ ...seen, note: null, weight: null, stops: null })).to.deep.equal(seen);
    expect(parcelRecord.view({ ...parcel, weight: '3 kg' })).to.deep.equal({ ...seen, weight: '3 kg' });
  });

  it('shows nothing that is hidden, and describes what it shows', () => {
    const { weight: _, isHeavy: __, ...shown } = { ...parcel, note: 'a', sentAt: AT, stops: [] };
    expect(parcelRecord.show(parcelRecord.view({ ...shown, weight: '3 kg' }))).to.deep.equal(shown);
    const schema = z.toJSONSchema(z.object(parcelRecord.schemas));
    expect(schema.required).to.deep.equal(['id', 'owner', 'place', 'sentAt', 'stops']);
    expect(Object.keys(schema.properties ?? {})).to.deep.equal(['id', 'owner', 'place', 'note', 'sentAt', 'stops']);
    expect(schema.properties?.note).to.deep.equal({ type: 'string', description: 'Of the last event' });
  });

  it('has the columns of its table', () => {
    expect(parcelRecord.ddl.split(/,\s+/)).to.deep.equal([
      ...['parcel_id bigint NOT NULL', 'owner text NOT NULL', 'place text NOT NULL', 'note text'],
      ...['sent_at timestamptz', 'weight text', 'stops text', 'is_heavy boolean NOT NULL', 'PRIMARY KEY (parcel_id)'],
    ]);
  });
});
