import { expect } from 'chai';
import fc from 'fast-check';
import { CallResult, JobSnapshot } from '../../../../src/domain/events/index.ts';
import { createSensitiveNames } from '../../../../src/domain/redaction/mask.ts';
import { redact } from '../../../../src/domain/redaction/redact.ts';
import { jobSnapshot, recordableResult } from '../../../../src/domain/tasks/http/recordable.ts';
import { HTTP_TASK } from '../../../../src/domain/tasks/http/stored.ts';
import { secretsOf } from '../../../../src/domain/tasks/walk.ts';
import type { JsonValue } from '../../../../src/domain/values.ts';

const recording = { strike: redact([]), names: createSensitiveNames() };
const bytesOf = (value: unknown): number => Buffer.byteLength(JSON.stringify(value));
const resultOf = (data: JsonValue) => {
  const result = recordableResult({ status: 200, headers: {}, data, truncated: false }, recording);
  CallResult.parse(result);
  return result;
};

const snapshotOf = (changes: {
  body?: JsonValue;
  path?: string;
  headers?: Record<string, string>;
  parameters?: number;
}) => {
  const snapshot = jobSnapshot({
    ...recording,
    job: { name: 'report', pattern: '0 2 * * *', timezone: 'UTC' },
    task: {
      method: 'POST',
      headers: changes.headers ?? {},
      ...(changes.body === undefined ? {} : { body: changes.body }),
    },
    url: new URL(`https://h.example/${changes.path ?? ''}`),
    resolvedParameters: Array.from({ length: changes.parameters ?? 0 }, (_, index) => ({
      expression: `\${T-${index}s:D}`,
      value: '4',
      at: '2026-02-04T00:00:00.000Z',
    })),
  });
  JobSnapshot.parse(snapshot);
  return snapshot;
};

describe('redaction: recorded data has a maximum size', () => {
  it('keeps data that fits as it is', () => {
    expect(resultOf('x'.repeat(65_536))).to.deep.include({ data: 'x'.repeat(65_536), truncated: false });
    expect(resultOf({ rows: ['a'.repeat(65_000)] }).truncated).to.equal(false);
  });

  it('cuts a string whose escapes make it too large', () => {
    const { data, truncated } = resultOf('\u0001'.repeat(65_536));
    expect(truncated).to.equal(true);
    expect(bytesOf(data)).to.be.within(262_000, 262_144);
  });

  it('keeps the beginning of too large JSON as its text', () => {
    const { data, truncated } = resultOf(Array.from({ length: 60_000 }, () => ['\u0001']));
    expect(truncated).to.equal(true);
    expect(data).to.match(/^\[\["\\u0001"\],\["\\u0001"\]/);
    expect(bytesOf(data)).to.be.at.most(262_144);
  });

  it('leaves of a snapshot what fits, and counts what it leaves out', () => {
    const whole = snapshotOf({
      body: Array.from({ length: 15_000 }, (_, index) => index),
      path: 'x'.repeat(100_000),
      headers: Object.fromEntries(Array.from({ length: 5_000 }, (_, index) => [`X-Some-Header-${index}`, 'v'])),
      parameters: 15_000,
    });
    expect(bytesOf(whole)).to.be.below(220_000);
    expect(whole.body).to.deep.equal({ omitted: true, bytes: 90_001 });
    expect(whole.omitted?.headers).to.equal(5_000 - Object.keys(whole.headers).length);
    expect(whole.omitted?.resolvedParameters).to.equal(15_000 - whole.resolvedParameters.length);
    expect(whole.resolvedParameters.length).to.be.above(500);
  });

  it('mentions no omission if it omits nothing', () => {
    expect(snapshotOf({ body: { a: 1 }, parameters: 3 })).to.not.have.property('omitted');
  });
});

const secret = 'pä55/w+rd "x"&y';
const strike = redact([secret]);

/** Every other letter in upper case. */
const mixedCase = (letter: string, at: number): string => (at % 2 === 0 ? letter.toUpperCase() : letter);

describe('redaction: striking out', () => {
  const html = 'pä55/w+rd &quot;x&quot;&amp;y';
  for (const [how, echoed] of [
    ['raw', secret],
    ['percent-escaped', encodeURIComponent(secret)],
    ['percent-escaped in lower case', encodeURIComponent(secret).replace(/%../g, (code) => code.toLowerCase())],
    ['form-encoded', new URLSearchParams({ '': secret }).toString().slice(1)],
    ['JSON-escaped', JSON.stringify(secret).slice(1, -1)],
    ['JSON-escaped twice over', JSON.stringify(secret).slice(1, -1).replaceAll('/', '\\/')],
    ['base64', Buffer.from(secret).toString('base64').replace(/=+$/, '')],
    ['base64url', Buffer.from(secret).toString('base64url')],
    ['hexadecimal', Buffer.from(secret).toString('hex')],
    ['hexadecimal in upper case', Buffer.from(secret).toString('hex').toUpperCase()],
    ['hexadecimal in mixed case', Buffer.from(secret).toString('hex').replaceAll(/[a-f]/g, mixedCase)],
    ['HTML-escaped', html],
  ] as const) {
    it(`masks it ${how}`, () => {
      expect(strike.text(`before ${echoed} after`)).to.equal('before *** after');
      expect(strike.value({ a: [`<${echoed}>`, 1, null, true], [`k ${echoed}`]: 1 })).to.deep.equal({
        a: ['<***>', 1, null, true],
        'k ***': 1,
      });
    });
  }

  it('masks it in the base64 of a longer text, wherever it begins', () => {
    fc.assert(
      fc.property(
        fc.string({ minLength: 8, maxLength: 30 }),
        fc.string({ maxLength: 5 }),
        fc.string({ maxLength: 5 }),
        fc.constantFrom('base64' as const, 'base64url' as const),
        (hidden, before, after, encoding) => {
          const echoed = Buffer.from(before + hidden + after).toString(encoding);
          const struck = redact([hidden]).text(echoed);
          expect(struck).to.contain('***');
          // What stays is shared with the neighbours: six bits at either end.
          expect(struck.length).to.be.below(echoed.length - Math.floor((hidden.length * 8) / 6) + 6);
        },
      ),
    );
  });

  it('masks it however often it was escaped, in any order', () => {
    const inString = (text: string): string => JSON.stringify(text).slice(1, -1);
    const way = fc.constantFrom(inString, encodeURIComponent, (text: string) => text.replaceAll('&', '&amp;'));
    fc.assert(
      fc.property(
        fc.string({ minLength: 4, maxLength: 20 }).filter((text) => !text.includes('\\')),
        fc.array(way, { maxLength: 3 }),
        (hidden, ways) => {
          const echoed = ways.reduce((text, write) => write(text), `<${hidden}>`);
          const around = ways.reduce((text, write) => write(text), '<***>');
          expect(redact([hidden]).text(echoed)).to.equal(around);
        },
      ),
    );
  });

  it('masks its URL-encoded form', () => {
    const hidden = 'a"b c/d&e\\f+g%h';
    const url = new URL(`http://host.example/in/${hidden}?q=${hidden}`);
    expect(redact([hidden]).text(url.href)).to.equal('http://host.example/in/***?q=***');
    expect(redact(['Begin-ning#rest']).text(new URL('http://h/?q=Begin-ning#rest').search)).to.equal('?q=***');
    expect(redact(['HostName1']).text(new URL('http://HostName1.example').href)).to.equal('http://***.example/');
  });

  it('masks the likely forms of a long secret', () => {
    const hidden = 'line "of" a/key+\n'.repeat(60);
    const json = JSON.stringify({ key: hidden });
    const echoed = [
      hidden,
      json,
      JSON.stringify(json),
      encodeURIComponent(hidden),
      Buffer.from(json).toString('base64'),
    ];
    for (const each of echoed) expect(redact([hidden]).text(each).length, each.slice(0, 20)).to.be.below(40);
  });

  it('searches a hostile string for many long secrets in time', () => {
    for (const [written, escaped] of [
      ['"&%\\ ', '%2522%2526%2525%255C%2520'],
      ['%', '%25'],
      ['&', '&amp;'],
      ['n\n', 'n\n'],
    ] as const) {
      const secrets = Array.from({ length: 20 }, (_, index) => `${written.repeat(100)}${index}`);
      const text = escaped.repeat(200_000 / escaped.length);
      expect(redact(secrets).text(`${text}?`)).to.match(/\?$/);
    }
  }).timeout(5_000);

  it('masks everything if the search would take too long', () => {
    const secrets = Array.from({ length: 1_000 }, (_, index) => `${'é'.repeat(480)}SECRET${index}`);
    expect(redact(secrets).value({ a: 'harmless' })).to.equal('***');
    expect(redact(['needle']).text('%25'.repeat(10) + '%252525252525252525252525252541'.repeat(10))).to.equal('***');
    expect(redact(['needle']).value(Array.from({ length: 40 }, () => '%61b '.repeat(50_000)))).to.equal('***');
  });

  it('leaves no secret in any text', () => {
    fc.assert(
      fc.property(
        fc.array(fc.string({ unit: 'grapheme', minLength: 4, maxLength: 12 }), { minLength: 1, maxLength: 4 }),
        fc.array(fc.string(), { maxLength: 4 }),
        (secrets, between) => {
          const text = between.flatMap((part, index) => [part, secrets[index] ?? '']).join('');
          const rest = redact(secrets).text(text).split('***');
          for (const hidden of secrets) for (const part of rest) expect(part).not.to.contain(hidden);
        },
      ),
    );
  });

  it('changes nothing if there is nothing to hide', () => {
    const value = { a: 'text' };
    expect(redact([]).value(value)).to.equal(value);
    expect(redact(['']).text('text')).to.equal('text');
    expect(redact(['needle']).value({ a: ['hay', 7] })).to.deep.equal({ a: ['hay', 7] });
  });

  it('masks a short secret only as a whole value', () => {
    const short = redact(['abc', '7']);
    expect(short.value(['abc', 'abcd', 7, 77, '7'])).to.deep.equal(['***', 'abcd', '***', 77, '***']);
  });

  it('masks a number that is a secret', () => {
    expect(redact(['12345678']).value({ id: 12_345_678, other: 1 })).to.deep.equal({ id: '***', other: 1 });
  });

  it('masks the longest first', () => {
    expect(redact(['secret', 'secret-and-more']).text('secret-and-more')).to.equal('***');
  });

  it('masks the beginning of a secret at the end of a cut string', () => {
    expect(redact(['s3cr3t-value']).cutText('echo: s3cr3t-v')).to.equal('echo: ***');
    expect(redact(['s3cr3t-value']).cutText('echo: s3cr3t-value')).to.equal('echo: ***');
    expect(redact(['s3cr3t-value']).cutText('echo: s3')).to.equal('echo: s3');
  });
});

describe('redaction: what is secret of a task', () => {
  it('gathers auth, sensitive headers with and without their scheme, cookies, and secrets filled in', () => {
    const task = {
      method: 'GET' as const,
      headers: { Authorization: 'Token abc', 'X-Api-Key': 'k', 'X-Plain': 'p', Cookie: 'a=one; b=two' },
      auth: { authMethod: 'basic' as const, username: 'u', password: 'pw' },
    };
    const names = createSensitiveNames();
    expect(secretsOf({ taskType: HTTP_TASK, taskConfig: task }, { names, filledIn: ['filled', ''] })).to.have.members([
      'filled',
      'pw',
      'u:pw',
      'Token abc',
      'abc',
      'k',
      'a=one; b=two',
      'one',
      'two',
    ]);
    const taskConfig = { method: 'GET', auth: { authMethod: 'bearer', token: 't' } } as const;
    expect(secretsOf({ taskType: HTTP_TASK, taskConfig }, { names })).to.deep.equal(['t']);
  });
});
