import { expect } from 'chai';
import { CallResult, JobSnapshot } from '../../../../src/domain/events/index.ts';
import { createSensitiveNames } from '../../../../src/domain/redaction/mask.ts';
import { redact } from '../../../../src/domain/redaction/redact.ts';
import { jobSnapshot, recordableResult } from '../../../../src/domain/tasks/http/recordable.ts';
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
