import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import { optionsAt, placeAfter } from '../../../ui/src/pages/edit-job/json-completions.ts';

const document: unknown = JSON.parse(readFileSync(new URL('../../../docs/schemas/jobs.json', import.meta.url), 'utf8'));

/** What is offered at the end of a text. */
const offeredAfter = (text: string): readonly string[] => {
  const place = placeAfter(text);
  return place === undefined ? [] : optionsAt({ document, pointer: '/definitions/JobInFile' }, place);
};

describe('completions of JSON', () => {
  const cases: readonly (readonly [text: string, some: readonly string[]])[] = [
    ['{', ['"name"', '"pattern"', '"taskConfig"']],
    ['{ "na', ['"name"']],
    ['{ "retry": { "backoff": { "', ['"initial"']],
    ['{ "taskConfig": { "', ['"url"', '"queue"']],
    ['{ "overlap": "', ['"skip"', '"queue"']],
    ['{ "overlap": ', ['"skip"', '"queue"']],
    ['{ "enabled": t', ['true', 'false']],
    ['{ "labels": { "a": "{[,:" }, "ena', ['"enabled"']],
  ];
  for (const [text, some] of cases) {
    it(`are ${some.join(' ')} after ${text}`, () => {
      expect(offeredAfter(text)).to.include.members([...some]);
    });
  }

  for (const text of ['', '{ "name"', '{ "name": "a"', '{ "name": "', '{ "unknown": { "', '{}']) {
    it(`are none after ${text || 'nothing'}`, () => {
      expect(offeredAfter(text)).to.deep.equal([]);
    });
  }

  it('leave out keys that the object has', () => {
    const offered = offeredAfter('{ "name": "a", "');
    expect(offered).to.include('"pattern"');
    expect(offered).not.to.include('"name"');
  });

  it('replace the incomplete text', () => {
    expect(placeAfter('{ "name": "a", "pat')?.from).to.equal('{ "name": "a", '.length);
    expect(placeAfter('{ "retry": ')?.from).to.equal('{ "retry": '.length);
  });
});
