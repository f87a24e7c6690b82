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
