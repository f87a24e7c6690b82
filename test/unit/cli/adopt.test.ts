import { expect } from 'chai';
import { editFile } from '../../../src/cli/adopt.ts';

describe('the edit of a definition file', () => {
  const edits = [
    { pointer: '/0/labels/a~1b', value: 'x' },
    { pointer: '/0/description', value: undefined },
    { pointer: '/1', value: { name: 'two' } },
  ];

  it('keeps the comments, the order and the quotes of YAML', async () => {
    const text = '# all\n- name: "one" # first\n  description: gone\n  labels: { a/b: y }\n';
    expect(await editFile(text, edits, '.yaml')).to.equal(
      '# all\n- name: "one" # first\n  labels: { a/b: x }\n- name: two\n',
    );
  });

  it('keeps the indentation of JSON', async () => {
    const text = '\uFEFF[\n\t{\n\t\t"name": "one",\n\t\t"description": "gone",\n\t\t"labels": {}\n\t}\n]\n';
    expect(await editFile(text, edits, '.json')).to.equal(
      `${JSON.stringify([{ name: 'one', labels: { 'a/b': 'x' } }, { name: 'two' }], undefined, '\t')}\n`,
    );
  });
});
