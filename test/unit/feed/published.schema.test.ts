import { readFileSync } from 'node:fs';
import path from 'node:path';
import { expect } from 'chai';
import { asyncApi, publishedSchemas } from '../../../scripts/asyncapi/document.ts';
import { type JsonSchema, PUBLISHED_TYPES, publishedSchema } from '../../../src/feed/published.ts';
import { breakingChanges } from './breaking-changes.ts';

const read = (...parts: string[]) => readFileSync(path.join(import.meta.dirname, ...parts), 'utf8');
const DOCS = ['..', '..', '..', 'docs'] as const;

describe('the contract with readers of messages', () => {
  for (const type of PUBLISHED_TYPES) {
    // Golden files are what was promised. For a break publish a new type beside the old one, and never edit the file.
    it(`${type} holds what was promised of it`, () => {
      const promised = JSON.parse(read('golden-schemas', `${type}.json`));
      expect(breakingChanges(promised, publishedSchema(type))).to.deep.equal([]);
    });
  }

  it('is written down as it is: npm run asyncapi', () => {
    expect(read(...DOCS, 'asyncapi.yaml')).to.equal(asyncApi());
    for (const [type, schema] of Object.entries(publishedSchemas())) {
      expect(JSON.parse(read(...DOCS, 'schemas', `${type}.json`))).to.deep.equal(JSON.parse(JSON.stringify(schema)));
    }
  });

  const older: JsonSchema = {
    type: 'object',
    properties: { id: { type: 'integer' }, at: { anyOf: [{ type: 'string' }, { type: 'null' }] } },
    required: ['id'],
  };
  it('may grow', () => {
    const properties: JsonSchema['properties'] = { ...older.properties, more: { type: 'string' } };
    expect(breakingChanges(older, { ...older, properties, required: ['id', 'more'] })).to.deep.equal([]);
  });
  const breaks: [string, JsonSchema][] = [
    ['/id: is gone', { ...older, properties: { at: older.properties?.at ?? {} } }],
    ['/id: may be missing', { ...older, required: [] }],
    ['/id: type changed', { ...older, properties: { ...older.properties, id: { type: 'string' } } }],
    [
      '/at/anyOf/1: type changed',
      { ...older, properties: { ...older.properties, at: { anyOf: [{ type: 'string' }, { type: 'number' }] } } },
    ],
  ];
  for (const [what, newer] of breaks) {
    it(`breaks if ${what}`, () => expect(breakingChanges(older, newer)).to.deep.equal([what]));
  }
});
