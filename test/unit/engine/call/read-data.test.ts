import { expect } from 'chai';
import fc from 'fast-check';
import { readData } from '../../../../src/engine/call/read-data.ts';

const whole = (text: string | Buffer, type?: string) => readData({ bytes: Buffer.from(text), truncated: false }, type);

describe('call: the data of a response', () => {
  for (const [type, text, expected] of [
    ['application/json', '{"a":1}', { a: 1 }],
    ['application/json; charset=utf-8', '[1]', [1]],
    ['application/problem+json', '"x"', 'x'],
    ['application/vnd.api.v2+json', 'null', null],
    ['text/json', '1', 1],
    ['application/json', '{broken', '{broken'],
    ['application/jsonp', '{"a":1}', '{"a":1}'],
    ['text/plain', '{"a":1}', '{"a":1}'],
    [undefined, '{"a":1}', '{"a":1}'],
    ['application/json', '', null],
    ['application/json', '\ufeff{"a":1}', { a: 1 }],
    ['application/json', '{"a\\u0000":"\\ud800","b":["\\uDFFF"]}', { 'a\ufffd': '\ufffd', b: ['\ufffd'] }],
    ['text/plain', 'a\0b', 'a\ufffdb'],
    ['text/plain; charset=nonsense', 'ä', 'ä'],
  ] as const) {
    it(`${type ?? 'no type'}: ${JSON.stringify(text)}`, () => {
      expect(whole(text, type)).to.deep.equal(expected);
    });
  }

  it('reads other character sets', () => {
    expect(whole(Buffer.from('ä', 'latin1'), 'text/plain; charset="ISO-8859-1"')).to.equal('ä');
  });

  it('leaves a body that was cut as text, without half a character', () => {
    const cut = Buffer.from('{"a":"ä').subarray(0, -1);
    expect(readData({ bytes: cut, truncated: true }, 'application/json')).to.equal('{"a":"');
    expect(whole('ok')).to.equal('ok');
  });

  it('leaves JSON that is nested too deep as text', () => {
    const deep = `${'['.repeat(30_000)}${']'.repeat(30_000)}`;
    expect(whole(deep, 'application/json')).to.equal(deep);
    const quoted = JSON.stringify({ a: '['.repeat(1_000), b: '\\"[' });
    expect(whole(quoted, 'application/json')).to.deep.equal(JSON.parse(quoted));
  });

  it('leaves JSON with a whole number that would be rounded as it came', () => {
    const text = '{"id": 12345678901234567890, "n": 1}';
    expect(whole(text, 'application/json')).to.equal(text);
    expect(whole('{"id":9007199254740992}', 'application/json')).to.deep.equal({ id: 2 ** 53 });
  });

  it('gives back any JSON', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 3 }), (value) => {
        const text = JSON.stringify(value);
        if (text.includes('\\u') || text === '""') return;
        expect(whole(text, 'application/json')).to.deep.equal(JSON.parse(text));
      }),
    );
  });
});
