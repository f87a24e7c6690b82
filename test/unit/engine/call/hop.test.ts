import { expect } from 'chai';
import { createSensitiveNames } from '../../../../src/domain/redaction/mask.ts';
import { firstHop, nextHop, type SentRequest } from '../../../../src/engine/call/hop.ts';

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
