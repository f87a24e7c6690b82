import { createHmac } from 'node:crypto';
import { expect } from 'chai';
import { createSensitiveNames } from '../../../../src/domain/redaction/mask.ts';
import { createSigner, firstHop, nextHop, type SentRequest, signedHop } from '../../../../src/engine/call/hop.ts';
import type { CallRequest } from '../../../../src/engine/call/port.ts';

/** The example that libraries of Standard Webhooks share; `standardwebhooks` 1.1.1 of npm signs it so. */
const KEY = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';
const ID = 'msg_p5jXN8AQM9LWM0D4loKWxJek';
const BODY = '{"test": 2432232314}';
const SIGNATURE = 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=';

const OTHER_KEY = `whsec_${Buffer.alloc(32, 7).toString('base64')}`;
const signer = (...keys: string[]) => createSigner({ keys, id: ID, clock: { now: () => 1_614_265_330_999 } });

describe('call: the signature', () => {
  it('follows Standard Webhooks', () => {
    expect(signer(KEY)(BODY)).to.deep.equal({
      'webhook-id': ID,
      'webhook-timestamp': '1614265330',
      'webhook-signature': SIGNATURE,
    });
  });

  it('is made with each key', () => {
    const [first, second, ...others] = signer(OTHER_KEY, KEY)(BODY)['webhook-signature'].split(' ');
    expect(first).to.equal(signer(OTHER_KEY)(BODY)['webhook-signature']);
    expect([second, others]).to.deep.equal([SIGNATURE, []]);
  });

  it('depends on the body', () => {
    expect(signer(KEY)(`${BODY} `)['webhook-signature']).not.to.equal(SIGNATURE);
  });
});

describe('call: the signature of a completion URL', () => {
  const url = 'https://carillon.example/_/scheduler/executions/1/complete?job=2';
  const ofUrl = (given?: string, keys = [KEY]) => signer(...keys)(BODY, given)['Carillon-Completion-Signature'];

  it('is made with each key over the URL, the id and the time, and only if there is one', () => {
    expect(ofUrl()).to.equal(undefined);
    const secret = Buffer.from(KEY.slice('whsec_'.length), 'base64');
    const expected = `v1,${createHmac('sha256', secret).update(`${url}.${ID}.1614265330`).digest('base64')}`;
    expect(ofUrl(url)).to.equal(expected);
    expect(ofUrl(url, [OTHER_KEY, KEY])).to.equal(`${ofUrl(url, [OTHER_KEY])} ${expected}`);
  });
});

describe('call: a signed request', () => {
  const sign: CallRequest['sign'] = (body, completionUrl) => ({
    ...(completionUrl !== undefined && { 'Carillon-Completion-Signature': `of ${completionUrl}` }),
    'webhook-id': 'execution-1',
    'webhook-timestamp': '1',
    'webhook-signature': `of <${body}>`,
  });
  const request: SentRequest = {
    url: new URL('https://a.example/start'),
    method: 'POST',
    headers: { 'Webhook-Signature': 'of the task' },
    body: { a: 'ü' },
    tenant: 'acme',
    timeoutMs: 1_000,
    sign,
  };
  const signatureOf = (hop: ReturnType<typeof firstHop>) => hop.headers.get('webhook-signature');
  const redirected = (status: number, location: string) => {
    const next = nextHop(signedHop(firstHop(request, 'x'), request), { status, location }, createSensitiveNames());
    if (next === undefined) throw new Error('no hop');
    return signedHop(next, request);
  };

  it('signs what it sends, in place of a header of the task', () => {
    expect(signatureOf(signedHop(firstHop(request, 'x'), request))).to.deep.equal([
      'webhook-signature',
      'of <{"a":"ü"}>',
    ]);
  });

  it('signs an empty body if there is none', () => {
    const { body: _, ...withoutBody } = request;
    expect(signatureOf(signedHop(firstHop(withoutBody, 'x'), request))?.[1]).to.equal('of <>');
  });

  it('is signed again after a redirect within the origin, not to another', () => {
    expect(signatureOf(redirected(307, '/next'))?.[1]).to.equal('of <{"a":"ü"}>');
    expect(signatureOf(redirected(303, '/next'))?.[1]).to.equal('of <>');
    const elsewhere = redirected(307, 'https://b.example/');
    expect([...elsewhere.headers.keys()].filter((name) => name.startsWith('webhook-'))).to.deep.equal([]);
  });

  it('signs its completion URL, which follows to no other origin', () => {
    const url = 'https://carillon.example/complete';
    const reporting = { ...request, ownHeaders: { 'Carillon-Completion-Url': url } };
    const signed = signedHop(firstHop(reporting, 'x'), reporting);
    const name = 'carillon-completion-signature';
    expect(signed.headers.get(name)).to.deep.equal(['Carillon-Completion-Signature', `of ${url}`]);
    const next = nextHop(signed, { status: 307, location: 'https://b.example/' }, createSensitiveNames());
    expect(next && signedHop(next, reporting).headers.has(name)).to.equal(false);
    expect(signedHop(firstHop(request, 'x'), request).headers.has(name)).to.equal(false);
  });

  it('is absent if no key signs the call, whatever the task states', () => {
    const { sign: _, ...unsigned } = request;
    expect(signatureOf(signedHop(firstHop(unsigned, 'x'), unsigned))?.[1]).to.equal(undefined);
  });
});

const request = (changes: Partial<SentRequest>): SentRequest => ({
  url: new URL('https://a.example/start'),
  method: 'POST',
  tenant: 'acme',
  timeoutMs: 1_000,
  ...changes,
});
const headersOf = (changes: Partial<SentRequest>): Record<string, string> =>
  Object.fromEntries(firstHop(request(changes), 'Carillon/1').headers.values());

describe('call: the request', () => {
  it('sends JSON for a body that is no text, and reports it', () => {
    const hop = firstHop(request({ body: { a: [1, null] } }), 'Carillon/1');
    expect(hop.body).to.equal('{"a":[1,null]}');
    expect(headersOf({ body: { a: 1 } })).to.include({ 'Content-Type': 'application/json' });
    expect(headersOf({ body: null })).to.include({ 'Content-Type': 'application/json' });
  });

  it('sends text as it is', () => {
    expect(firstHop(request({ body: '{raw' }), 'Carillon/1').body).to.equal('{raw');
    expect(headersOf({ body: '{raw' })).to.include({ 'Content-Type': 'text/plain; charset=utf-8' });
  });

  it('states no type if there is no body, and sends none with HEAD', () => {
    expect(headersOf({})).not.to.have.any.keys('Content-Type');
    const head = firstHop(request({ method: 'HEAD', body: { a: 1 } }), 'Carillon/1');
    expect(head.body).to.equal(undefined);
    expect([...head.headers.keys()]).not.to.include('content-type');
  });

  it("lets the user's headers win, whatever their case", () => {
    const headers = headersOf({
      body: {},
      auth: { authMethod: 'bearer', token: 'service' },
      ownHeaders: { 'Idempotency-Key': '7', 'Carillon-Job': '1' },
      headers: { 'idempotency-key': 'mine', 'USER-AGENT': 'me', authorization: 'Mine x', 'content-type': 'text/csv' },
    });
    expect(headers).to.deep.equal({
      'USER-AGENT': 'me',
      Accept: '*/*',
      'idempotency-key': 'mine',
      'Carillon-Job': '1',
      authorization: 'Mine x',
      'content-type': 'text/csv',
      'Carillon-Call': '1',
    });
  });

  it('makes credentials of auth', () => {
    expect(headersOf({ auth: { authMethod: 'bearer', token: 't' } })).to.include({ Authorization: 'Bearer t' });
    const basic = headersOf({ auth: { authMethod: 'basic', username: 'ü', password: 'p:q' } });
    expect(basic).to.include({ Authorization: `Basic ${Buffer.from('ü:p:q').toString('base64')}` });
  });

  it('sends no header by which a gateway or proxy would route it elsewhere', () => {
    const routing = { hOst: 'admin.internal', forwarded: 'for=::1', 'X-Forwarded-For': '::1', 'X-FORWARDED-HOST': 'x' };
    expect(headersOf({ headers: { ...routing, 'X-Forwardedness': 'p' } })).to.deep.equal({
      'User-Agent': 'Carillon/1',
      Accept: '*/*',
      'X-Forwardedness': 'p',
      'Carillon-Call': '1',
    });
  });

  it('lets no header of a task speak for Carillon or to a proxy, in place of its own or beside them', () => {
    const headers = {
      'carillon-execution': '2',
      'Carillon-Completion-Token': 'x',
      'Webhook-Signature': 'v1,x',
      'Proxy-Authorization': 'Basic x',
      'Webhook-Token': 'the task may say',
    };
    expect(headersOf({ ownHeaders: { 'Carillon-Execution': '1' }, headers })).to.deep.equal({
      'User-Agent': 'Carillon/1',
      Accept: '*/*',
      'Carillon-Call': '1',
      'Carillon-Execution': '1',
      'Webhook-Token': 'the task may say',
    });
  });

  it('keeps the connection to itself, and takes any other name', () => {
    expect(
      headersOf({ headers: { Connection: 'close', 'Content-Length': '3', get: 'g', constructor: 'c', common: 'x' } }),
    ).to.deep.equal({
      ...{ 'User-Agent': 'Carillon/1', Accept: '*/*', get: 'g', constructor: 'c', common: 'x' },
      'Carillon-Call': '1',
    });
  });

  it('states that it is a call of Carillon, whatever the task states, and where a redirect leads', () => {
    const hop = firstHop(request({ headers: { 'carillon-call': 'no' } }), 'Carillon/1');
    expect(hop.headers.get('carillon-call')).to.deep.equal(['Carillon-Call', '1']);
    const next = nextHop(hop, { status: 303, location: 'https://b.example/metrics' }, createSensitiveNames());
    expect(next?.headers.get('carillon-call')).to.deep.equal(['Carillon-Call', '1']);
  });
});

describe('call: the request after a redirect', () => {
  const from = firstHop(
    request({
      body: { a: 1 },
      auth: { authMethod: 'bearer', token: 't' },
      headers: { Cookie: 'c', 'X-Api-Key': 'k', 'X-Plain': 'p', 'Proxy-Authorization': 'x' },
    }),
    'Carillon/1',
  );
  const next = (status: number, location: string, method = from.method) =>
    nextHop({ ...from, method }, { status, location }, createSensitiveNames());

  for (const [status, method, becomes] of [
    [301, 'POST', 'GET'],
    [302, 'POST', 'GET'],
    [303, 'POST', 'GET'],
    [303, 'PUT', 'GET'],
    [303, 'HEAD', 'HEAD'],
    [301, 'PUT', 'PUT'],
    [302, 'DELETE', 'DELETE'],
    [307, 'POST', 'POST'],
    [308, 'POST', 'POST'],
  ] as const) {
    it(`${status} makes ${becomes} of ${method}`, () => {
      const hop = next(status, '/next', method);
      expect(hop?.method).to.equal(becomes);
      expect(hop?.body === undefined).to.equal(becomes !== method);
      expect(hop?.headers.has('content-type')).to.equal(becomes === method);
    });
  }

  it('finds the location from where it was given', () => {
    expect(next(302, '../x?y#z')?.url.href).to.equal('https://a.example/x?y');
    expect(next(302, '//b.example/')?.url.href).to.equal('https://b.example/');
    expect(next(302, 'http://[')).to.equal(undefined);
  });

  it('keeps credentials on the same origin alone', () => {
    expect(next(307, '/x')?.headers.size).to.equal(from.headers.size);
    for (const location of ['https://b.example/', 'http://a.example/', 'https://a.example:8443/']) {
      const names = [...(next(307, location)?.headers.keys() ?? [])];
      expect(names).to.have.members(['user-agent', 'accept', 'content-type', 'x-plain', 'carillon-call']);
    }
  });
});
