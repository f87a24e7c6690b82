import { expect } from 'chai';
import { CallResult, JobSnapshot } from '../../../../../src/domain/events/index.ts';
import { createSensitiveNames, maskSealed, shapeOf } from '../../../../../src/domain/redaction/mask.ts';
import { redact } from '../../../../../src/domain/redaction/redact.ts';
import { jobSnapshot, recordableResult } from '../../../../../src/domain/tasks/http/recordable.ts';

const sealed = { $sealed: { generation: 1, box: 'b', fingerprint: 'f' } };

const names = createSensitiveNames();

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
    'X-Authorization',
    'AccessKey',
    'sessionId',
    'X-Session',
    'JSESSIONID',
    'X-Amzn-Jwt',
    'Cf-Access-Jwt-Assertion',
    'client_assertion',
    'x-pwd',
    'X-Sig',
  ]) {
    it(`${name} is sensitive`, () => expect(names.header(name)).to.equal(true));
  }
  for (const name of [
    'Content-Type',
    'Idempotency-Key',
    'X-Keyboard',
    'Accept',
    'X-Monkey',
    'X-Author',
    'Code',
    'Design',
  ]) {
    it(`${name} is not`, () => expect(names.header(name)).to.equal(false));
  }

  it('knows more names in a query', () => {
    for (const name of ['code', 'sig', 'signature', 'pwd', 'api_key']) expect(names.parameter(name)).to.equal(true);
    for (const name of ['page', 'day', 'postcode', 'design']) expect(names.parameter(name)).to.equal(false);
  });

  it('checks a name alike however often it comes, and however long it is', () => {
    for (const name of ['X-Session-Id', 'X-Page', `X-${'Long-'.repeat(30)}Token`, `X-${'Long-'.repeat(30)}Page`]) {
      const isSensitive = !name.endsWith('Page');
      for (let times = 0; times < 3; times++) expect(names.header(name)).to.equal(isSensitive);
    }
  });

  it("knows an operator's own", () => {
    const own = createSensitiveNames(['X-Club-Card', 'iban']);
    for (const name of ['x-club-card', 'X_Club_Card', 'IBAN', 'Cookie']) expect(own.header(name)).to.equal(true);
    expect(own.header('X-Club')).to.equal(false);
  });
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
      b: ['***', '***', null, { c: '***' }],
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
        headers: { 'X-Day': '2026-02-04', 'X-Forwarded-For': '::1' },
        auth: { authMethod: 'bearer', token: 's3cr3t/x' },
        body: { day: '2026-02-04', n: 3 },
      },
      url: new URL('https://h.example/a%20b?day=2026-02-04&api_key=abc&code=4%2F0&x&e=s3cr3t%2Fx'),
      resolvedParameters: [{ expression: '${T:DD}', value: '04', at: '2026-02-04T00:00:00.000Z' }],
      strike: redact(['s3cr3t/x']),
      names,
    });
    expect(JobSnapshot.parse(snapshot)).to.deep.equal({
      ...job,
      method: 'POST',
      url: 'https://h.example/a%20b?day=2026-02-04&api_key=***&code=***&x&e=***',
      headers: { Authorization: '***', 'X-Day': '***' },
      body: { day: '***', n: '***' },
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
      { strike: redact(['s3cr3t']), names },
    );
    expect(CallResult.parse(result)).to.deep.equal({
      taskType: 'HttpInvokerTask',
      status: 200,
      headers: { 'set-cookie': '***', 'x-echo': 'got ***', server: 'x' },
      data: { echo: ['***'] },
      truncated: false,
    });
  });

  it('takes the first part of a secret off a body that was cut', () => {
    const cut = { taskType: 'HttpInvokerTask' as const, status: 200, headers: {}, data: 'echo: s3cr', truncated: true };
    expect(recordableResult(cut, { strike: redact(['s3cr3t']), names }).data).to.equal('echo: ***');
  });
});
