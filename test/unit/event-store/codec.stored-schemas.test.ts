import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { expect } from 'chai';
import { schemaNow } from './schema-now.ts';
import { type Schema, unreadable } from './unreadable.ts';

const GOLDEN_DIR = path.join(import.meta.dirname, 'golden-schemas');

describe('the schemas of stored events', () => {
  const now = schemaNow();
  const dataOf = (type: unknown, whole: Schema): Schema => {
    const event = whole.oneOf?.find(({ properties }) => properties?.type?.const === type);
    return { ...event?.properties?.data, $defs: whole.$defs ?? {} };
  };
  // A file has what a release stores. Its events are read for ever, so the file is never edited: a schema that no longer
  // reads them is a new version, with an upcaster.
  for (const file of readdirSync(GOLDEN_DIR)) {
    const stored: Schema = JSON.parse(readFileSync(path.join(GOLDEN_DIR, file), 'utf8'));
    for (const { properties } of stored.oneOf ?? []) {
      const type = properties?.type?.const;
      it(`read each ${type} that release ${path.parse(file).name} has stored`, () =>
        expect(unreadable(dataOf(type, stored), dataOf(type, now))).to.deep.equal([]));
    }
  }

  const older: Schema = {
    type: 'object',
    properties: { id: { type: 'integer' }, how: { enum: ['a', 'b'] }, of: { $ref: '#/$defs/of' } },
    required: ['id'],
    $defs: { of: { anyOf: [{ type: 'string', maxLength: 9 }, { type: 'null' }] } },
  };
  const { properties = {} } = older;
  it('may grow', () => {
    const more = { ...properties, id: { type: 'number' }, how: { enum: ['a', 'b', 'c'] }, more: { type: 'string' } };
    const wider = { of: { anyOf: [{ type: 'null' }, { type: 'string', maxLength: 10 }, { type: 'integer' }] } };
    expect(unreadable(older, { ...older, properties: more, $defs: wider, required: [] })).to.deep.equal([]);
  });
  const breaks: [string, Schema][] = [
    ['/id: is known no more', { ...older, properties: { how: properties.how ?? {}, of: properties.of ?? {} } }],
    ['/how: may be missing', { ...older, required: ['id', 'how'] }],
    ['/id: is string now', { ...older, properties: { ...properties, id: { type: 'string' } } }],
    ['/how: rules out a value', { ...older, properties: { ...properties, how: { enum: ['a', 'c'] } } }],
    ['/id: minimum is higher', { ...older, properties: { ...properties, id: { type: 'integer', minimum: 1 } } }],
    [
      '/of: maxLength is lower',
      { ...older, $defs: { of: { anyOf: [{ type: 'string', maxLength: 8 }, { type: 'null' }] } } },
    ],
  ];
  for (const [what, newer] of breaks) {
    it(`do not read if ${what}`, () => expect(unreadable(older, newer)).to.deep.equal([what]));
  }
});
