import { expect } from 'chai';
import { CallResult, JobSnapshot } from '../../../src/domain/events/index.ts';
import {
  isSensitiveHeader,
  jobSnapshot,
  maskSealed,
  recordableResult,
  shapeOf,
  strikeOut,
} from '../../../src/domain/redaction/index.ts';

const sealed = { $sealed: { generation: 1, box: 'b', fingerprint: 'f' } };

describe('redaction: names', () => {
  for (const name of [
    'Authorization',
    'Cookie',
    'Set-Cookie',
    'Proxy-Authorization',
    'X-Auth-Token',
    'X-API-Key',
    'apikey',
    'x-client-secret-id',
    'X-Password',
    'access_token',
    'private_key',
    'X-Hub-Signature',
  ]) {
    it(`${name} is sensitive`, () => expect(isSensitiveHeader(name)).to.equal(true));
  }
  for (const name of ['Content-Type', 'Idempotency-Key', 'X-Keyboard', 'Accept', 'X-Monkey', 'X-Author']) {
    it(`${name} is not`, () => expect(isSensitiveHeader(name)).to.equal(false));
  }
});

describe('redaction: masks', () => {
  it('shows a sealed value as sealed, at any depth', () => {
    expect(maskSealed({ a: [{ b: sealed }, 'x', null], c: 1 })).to.deep.equal({
      a: [{ b: { sealed: true } }, 'x', null],
      c: 1,
    });
    expect(maskSealed(sealed)).to.deep.equal({ sealed: true });
  });

  it('keeps the shape of a body and none of its values', () => {
    expect(shapeOf({ a: 'x', b: [1.5, true, null, { c: '' }] })).to.deep.equal({
      a: '***',
      b: [0, false, null, { c: '***' }],
    });
  });
});

describe('redaction: what is recorded of a call', () => {
  const job = { name: 'report', pattern: '0 2 * * *', timezone: 'UTC', taskType: 'HttpInvokerTask' as const };

  it('records what was called without its secrets', () => {
    const snapshot = jobSnapshot({
      job,
      task: {
        method: 'POST',
        headers: { 'X-Day': '2026-02-04' },
        auth: { authMethod: 'bearer', token: 's3cr3t/x' },
        body: { day: '2026-02-04', n: 3 },
      },
      url: new URL('https://h.example/a%20b?day=2026-02-04&api_key=abc&x&e=s3cr3t%2Fx'),
      resolvedParameters: [{ expression: '${T:DD}', value: '04', at: '2026-02-04T00:00:00.000Z' }],
      strike: strikeOut(['s3cr3t/x']),
    });
    expect(JobSnapshot.parse(snapshot)).to.deep.equal({
      ...job,
      method: 'POST',
      url: 'https://h.example/a%20b?day=2026-02-04&api_key=***&x&e=***',
      headers: { Authorization: '***', 'X-Day': '***' },
      body: { day: '***', n: 0 },
      resolvedParameters: [{ expression: '${T:DD}', value: '04', at: '2026-02-04T00:00:00.000Z' }],
    });
  });

  it('records what came back without what the target echoed', () => {
    const result = recordableResult(
      {
        status: 200,
        headers: { 'set-cookie': 'sid=1', 'x-echo': 'got s3cr3t', server: 'x' },
        data: { echo: ['s3cr3t'] },
        truncated: false,
      },
      strikeOut(['s3cr3t']),
    );
    expect(CallResult.parse(result)).to.deep.equal({
      status: 200,
      headers: { 'set-cookie': '***', 'x-echo': 'got ***', server: 'x' },
      data: { echo: ['***'] },
      truncated: false,
    });
  });

  it('takes the first part of a secret off a body that was cut', () => {
    const cut = { status: 200, headers: {}, data: 'echo: s3cr', truncated: true };
    expect(recordableResult(cut, strikeOut(['s3cr3t'])).data).to.equal('echo: ***');
  });
});
