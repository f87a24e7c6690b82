import { expect } from 'chai';
import { createSensitiveNames } from '../../src/domain/redaction/mask.ts';
import { parseTargetPolicy } from '../../src/domain/targets/policy.ts';
import { createTargetCaller } from '../../src/engine/call/caller.ts';
import type { CallOutcome, CallRequest, TargetCaller } from '../../src/engine/call/port.ts';
import { startTarget, type Target } from '../support/target.ts';
import { type ManualWorld, manualWorld } from '../support/world.ts';

/** As many as are kept open. */
const KEPT_POOLS = 2_000;

describe('call', () => {
  let target: Target;
  let other: Target;
  let world: ManualWorld;
  let caller: TargetCaller;
  let names: Map<string, readonly string[]>;
  let requested: string[];

  const running = new AbortController().signal;
  const call = (path: string, changes: Partial<CallRequest> = {}, signal = running) =>
    caller.call(
      { url: new URL(path, target.origin), method: 'GET', tenant: 'acme', timeoutMs: 30_000, ...changes },
      signal,
    );
  const prepare = (path: string, changes: Partial<CallRequest> = {}) => {
    const outcome = Promise.withResolvers<CallOutcome>();
    const request = { url: new URL(path, target.origin), method: 'GET', tenant: 'acme', timeoutMs: 30_000 } as const;
    const whole = { ...request, ...changes };
    const prepared = caller.prepare(whole)(whole, outcome.resolve);
    if (prepared === undefined) throw new Error('it can not be prepared');
    return { ...prepared, outcome: outcome.promise };
  };
  const failure = async (path: string, changes: Partial<CallRequest> = {}) => {
    const outcome = await call(path, changes);
    return outcome.kind === 'failed' ? outcome.error.code : outcome.kind;
  };
  const dataOf = async (path: string, changes: Partial<CallRequest> = {}) => {
    const outcome = await call(path, changes);
    if (outcome.kind !== 'succeeded') throw new Error(JSON.stringify(outcome));
    return outcome.result;
  };

  before(async () => {
    target = await startTarget();
    other = await startTarget();
  });
  after(async () => {
    await target.close();
    await other.close();
  });
  beforeEach(() => {
    world = manualWorld();
    names = new Map();
    requested = [];
    caller = createTargetCaller({
      names: createSensitiveNames(),
      policy: parseTargetPolicy({ allowedTargets: '127.0.0.0/8' }),
      resolveFor: () => async (name) => {
        requested.push(name);
        return names.get(name) ?? [];
      },
      world,
      userAgent: 'Carillon/test',
    });
  });
  afterEach(() => caller.close());

  describe('uses the currently allowed targets', () => {
    const open = () => {
      const any = parseTargetPolicy({ allowedTargets: '127.0.0.0/8' });
      const rules = { allowed: any.allowed };
      const policy = {
        ...any,
        get allowed() {
          return rules.allowed;
        },
      };
      const names = createSensitiveNames();
      const resolveFor = () => async () => [];
      const opened = createTargetCaller({ names, policy, resolveFor, world, userAgent: 'x' });
      const request = (path: string) => ({
        ...{ url: new URL(path, target.origin), method: 'GET' as const, tenant: 'acme', timeoutMs: 30_000 },
      });
      return { rules, any, opened, request };
    };

    it('with connections that are open', async () => {
      const { rules, any, opened, request } = open();
      const codeOf = async (path: string) => {
        const outcome = await opened.call(request(path), running);
        return outcome.kind === 'failed' ? outcome.error.code : outcome.kind;
      };
      expect(await codeOf('/echo')).to.equal('succeeded');
      rules.allowed = [];
      const before = target.received.length;
      expect(await codeOf('/echo')).to.equal('TARGET_BLOCKED');
      expect(target.received.length, 'nothing was sent').to.equal(before);
      rules.allowed = any.allowed;
      expect(await codeOf('/echo')).to.equal('succeeded');
      await opened.close();
    });

    it('for a call that was prepared', async () => {
      const { rules, opened, request } = open();
      await opened.call(request('/echo'), running);
      const before = target.received.length;
      const ended = new Promise((resolve) => {
        const prepared = opened.prepare(request('/echo'))({}, resolve);
        rules.allowed = [];
        prepared?.send();
      });
      expect(await ended).to.have.nested.property('error.code', 'TARGET_BLOCKED');
      expect(target.received.length).to.equal(before);
      await opened.close();
    });
  });

  describe('sends and reads', () => {
    for (const method of ['POST', 'PUT', 'PATCH', 'DELETE', 'GET'] as const) {
      it(`a ${method} with a body`, async () => {
        const { status, data } = await dataOf('/echo?q=1', { method, body: { a: 'ü' }, headers: { 'X-A': '1' } });
        expect(status).to.equal(200);
        expect(data).to.deep.include({ method, url: '/echo?q=1', body: '{"a":"ü"}' });
        expect(data).to.have.property('headers').that.includes({
          'x-a': '1',
          'content-type': 'application/json',
          'content-length': '10',
          'user-agent': 'Carillon/test',
        });
      });
    }

    it('the signature of each request, also of one after a redirect', async () => {
      const signed: string[] = [];
      const sign = (body: string) => {
        signed.push(body);
        return { 'webhook-id': 'execution-1', 'webhook-timestamp': '1', 'webhook-signature': `of <${body}>` };
      };
      for (const path of ['/echo', `/redirect?code=307&to=${encodeURIComponent('/echo')}`]) {
        const { data } = await dataOf(path, { method: 'POST', body: { a: 1 }, sign });
        expect(data, path).to.have.property('headers').that.includes({ 'webhook-signature': 'of <{"a":1}>' });
      }
      expect(signed).to.have.length(3);
    });

    it('a HEAD', async () => {
      const { status, data, headers } = await dataOf('/echo', { method: 'HEAD' });
      expect(status).to.equal(200);
      expect(data).to.equal(null);
      expect(headers).to.include({ 'content-type': 'application/json' });
    });

    it('states when the request was sent and when the call ended', async () => {
      const outcome = await call('/echo');
      expect(outcome).to.include({ startedAtMs: world.clock.now(), finishedAtMs: world.clock.now() });
      expect(world.pendingTimers()).to.equal(0);
    });

    it('nothing of a prepared call before its send, from which its deadline counts', async () => {
      const before = target.received.length;
      const { send, outcome } = prepare('/silent', { timeoutMs: 1_000 });
      // Another call, which was begun later and has ended, shows that the first one had its chance.
      await call('/echo');
      await world.advance(200);
      expect(target.received.slice(before).map(({ url }) => url)).to.deep.equal(['/echo']);
      send();
      await target.receivedAll(before + 2);
      await world.advance(999);
      expect(world.pendingTimers()).to.equal(1);
      await world.advance(1);
      expect(await outcome).to.have.nested.property('error.code', 'ETIMEDOUT');
    });

    it('a prepared call immediately, and follows redirects', async () => {
      const { send, outcome } = prepare('/echo');
      send();
      const atMs = world.clock.now();
      expect(await outcome).to.deep.include({ kind: 'succeeded', startedAtMs: atMs, finishedAtMs: atMs });
      const redirected = prepare(`/redirect?to=${encodeURIComponent('/echo')}`);
      redirected.send();
      expect(await redirected.outcome).to.have.nested.property('result.data.url', '/echo');
    });

    it('nothing of a prepared call that must not be sent any more', async () => {
      const before = target.received.length;
      const { send, outcome } = prepare('/echo', { beforeSend: () => false });
      send();
      expect(await outcome).to.deep.include({ kind: 'withheld' });
      expect(target.received.length).to.equal(before);
    });

    it('nothing over a pool that was given up before its instant', async () => {
      const before = target.received.length;
      const [first] = Array.from({ length: KEPT_POOLS + 1 }, (_, id) =>
        prepare('/echo', { tlsFor: () => ({ id: `${id}` }) }),
      );
      first?.send();
      expect(await first?.outcome).to.deep.include({ kind: 'withheld' });
      expect(target.received.length).to.equal(before);
    });

    it('nothing if it was interrupted before its instant', async () => {
      const before = target.received.length;
      const { send, abort, outcome } = prepare('/echo');
      abort();
      send();
      expect(await outcome).to.deep.include({ kind: 'aborted' });
      expect(target.received.length).to.equal(before);
    });

    it('the same headers, prepared or not', async () => {
      const headers = { 'idempotency-key': 'of the task', Accept: 'text/plain' };
      const ownHeaders = { 'Idempotency-Key': 'own', 'Carillon-Job': '7' };
      const before = target.received.length;
      await call('/echo', { headers, ownHeaders });
      const { send, outcome } = prepare('/echo', { headers, ownHeaders });
      send();
      await outcome;
      const [one, other] = target.received.slice(before).map((each) => Object.entries(each.headers).sort());
      expect(other).to.deep.equal(one);
      expect(Object.fromEntries(one ?? [])).to.include({ 'idempotency-key': 'of the task', 'carillon-job': '7' });
    });

    it('nothing of a prepared call that needs an address or access token first', async () => {
      const request = { url: new URL('http://known.test/'), method: 'GET', tenant: 'acme', timeoutMs: 1_000 } as const;
      names.set('known.test', ['127.0.0.1']);
      expect(caller.prepare(request)({}, () => {})).to.equal(undefined);
      await Promise.resolve();
      await Promise.resolve();
      expect(caller.prepare(request)({}, () => {})).not.to.equal(undefined);
      expect(caller.prepare({ ...request, url: new URL('http://192.168.0.1/') })({}, () => {})).to.equal(undefined);
      const auth = { authMethod: 'oauth2', tokenUrl: target.origin, clientId: 'a', clientSecret: 'b' } as const;
      expect(caller.prepare({ ...request, auth })({}, () => {})).to.equal(undefined);
    });

    it('over connections that are kept', async () => {
      const before = target.received.length;
      for (let calls = 0; calls < 20; calls += 1) await call('/echo');
      // The next call may come a moment before a connection is told free.
      expect(new Set(target.received.slice(before).map(({ clientPort }) => clientPort)).size).to.be.at.most(2);
    });

    for (const encoding of ['gzip', 'deflate', 'br']) {
      it(`a response in ${encoding}`, async () => {
        expect(await dataOf(`/${encoding}`)).to.deep.include({ data: { small: true }, truncated: false });
      });
    }

    it('a response after early hints', async () => {
      expect(await dataOf('/early-hints')).to.deep.include({ status: 200, data: { after: 'hints' } });
    });
  });

  describe('keeps a bounded part of', () => {
    it('a body of just the limit: all of it', async () => {
      const { data, truncated } = await dataOf('/large?bytes=65536');
      expect(data).to.have.length(65_536);
      expect(truncated).to.equal(false);
    });

    it('10 MB: 64 KiB, reading the rest', async () => {
      const { data, truncated } = await dataOf('/large?bytes=10000000');
      expect(data).to.have.length(65_536);
      expect(truncated).to.equal(true);
    });

    it('an endless body: 64 KiB, closing the connection', async () => {
      const closed = target.connectionClosed();
      const { data, truncated } = await dataOf('/endless');
      expect(data).to.have.length(65_536);
      expect(truncated).to.equal(true);
      await closed;
    });

    it('a gzip bomb: 64 KiB', async () => {
      const { data, truncated } = await dataOf('/gzip-bomb');
      expect(data).to.have.length(65_536);
      expect(truncated).to.equal(true);
    });

    it('what is no gzip although it reports it: nothing', async () => {
      expect(await dataOf('/gzip-broken')).to.deep.include({ data: null, truncated: true });
    });
  });

  describe('checks a response', () => {
    it('by its status', async () => {
      expect(await failure('/status?code=503')).to.equal('HTTP_503');
      expect(await failure('/status?code=404')).to.equal('HTTP_404');
      expect(await failure('/status?code=304')).to.equal('HTTP_304');
      expect(await failure('/status?code=204')).to.equal('succeeded');
      expect(await failure('/status?code=404', { successStatus: [404] })).to.equal('succeeded');
    });

    it('keeping the result of a failure', async () => {
      expect(await call('/status?code=503')).to.deep.include({
        kind: 'failed',
        error: { code: 'HTTP_503', message: 'the target responded with status 503' },
      });
      expect(await call('/status?code=503')).to.have.nested.property('result.data', 'answer');
    });

    for (const [path, code] of [
      ['/reset', 'OUTCOME_UNKNOWN'],
      ['/reset-in-body', 'OUTCOME_UNKNOWN'],
      ['/reset-in-body?code=503', 'HTTP_503'],
      ['/short', 'OUTCOME_UNKNOWN'],
      ['/bad-chunk', 'INVALID_RESPONSE'],
      ['/garbage', 'INVALID_RESPONSE'],
      ['/large-head', 'INVALID_RESPONSE'],
    ] as const) {
      it(`${path}: ${code}`, async () => {
        const outcome = await call(path, { method: 'POST', body: {} });
        expect(outcome.kind === 'failed' && outcome.error.code).to.equal(code);
        expect(outcome).to.have.property('startedAtMs');
        expect(JSON.stringify(outcome)).not.to.contain('    at ');
      });
    }

    it('sends a request that was interrupted no second time', async () => {
      const before = target.received.length;
      expect(await failure('/reset', { method: 'GET' })).to.equal('OUTCOME_UNKNOWN');
      expect(target.received.length).to.equal(before + 1);
    });
  });

  describe('does not send', () => {
    it('to a port if no one listens', async () => {
      const closed = await startTarget();
      await closed.close();
      const outcome = await call(closed.origin);
      expect(outcome).to.deep.include({ kind: 'failed' }).and.not.to.have.property('startedAtMs');
      expect(outcome).to.have.nested.property('error.code', 'ECONNREFUSED');
    });

    it('to what speaks no TLS', async () => {
      const code = await failure(target.origin.replace('http:', 'https:'));
      expect(code).to.match(/^(EPROTO|ERR_SSL_.*)$/);
    });

    it('to a name that does not resolve', async () => {
      expect(await failure('http://nowhere.example/')).to.equal('ENOTFOUND');
    });

    it('what is no request', async () => {
      const outcome = await call('/echo', { headers: { 'bad name': 'x' } });
      expect(outcome).to.have.nested.property('error.code', 'INVALID_REQUEST');
      expect(outcome).not.to.have.property('startedAtMs');
      expect(await failure('/echo', { headers: { 'X-A': 'a\r\nX-B: b' } })).to.equal('INVALID_REQUEST');
    });

    it('if the pre-send check fails', async () => {
      await call('/echo');
      const before = target.received.length;
      const outcome = await call('/echo', { beforeSend: () => false });
      expect(outcome).to.deep.equal({ kind: 'withheld', finishedAtMs: world.clock.now() });
      await call('/echo');
      expect(target.received.length).to.equal(before + 1);
    });

    it('before the pre-send check, which runs once', async () => {
      let looks = 0;
      const before = target.received.length;
      await call(`/redirect?to=${encodeURIComponent('/echo')}`, {
        beforeSend: () => {
          looks += 1;
          return target.received.length === before;
        },
      });
      expect(looks).to.equal(1);
    });
  });

  describe('ends', () => {
    for (const path of ['/silent', '/drip']) {
      it(`at its deadline: ${path}`, async () => {
        const before = target.received.length;
        const closed = target.connectionClosed();
        const outcome = call(path, { timeoutMs: 2_000 });
        await target.receivedAll(before + 1);
        await world.advance(1_999);
        await world.advance(1);
        expect(await outcome).to.have.nested.property('error.code', 'ETIMEDOUT');
        await closed;
      });
    }

    it('at its deadline while a name is resolved', async () => {
      const waiting = createTargetCaller({
        names: createSensitiveNames(),
        policy: parseTargetPolicy({}),
        resolveFor: () => () => new Promise(() => undefined),
        world,
        userAgent: 'x',
      });
      const request = { url: new URL('http://slow.example'), method: 'GET' as const, tenant: 'acme', timeoutMs: 100 };
      const outcome = waiting.call(request, running);
      await world.advance(100);
      expect(await outcome).to.have.nested.property('error.code', 'ETIMEDOUT');
      expect(await outcome).not.to.have.property('startedAtMs');
    });

    it('at its deadline after redirects, counted together', async () => {
      const before = target.received.length;
      const outcome = call(`/redirect?to=${encodeURIComponent('/silent')}`, { timeoutMs: 100 });
      await target.receivedAll(before + 2);
      await world.advance(100);
      expect(await outcome).to.have.nested.property('error.code', 'ETIMEDOUT');
    });

    it('when it is aborted, saying whether it was sent', async () => {
      const stop = new AbortController();
      const before = target.received.length;
      const [first, second] = [call('/silent', {}, stop.signal), call('/silent', {}, stop.signal)];
      await target.receivedAll(before + 2);
      stop.abort();
      expect(await first).to.have.property('kind', 'aborted');
      expect(await second).to.have.property('startedAtMs');
      const late = await call('/echo', {}, stop.signal);
      expect(late).to.deep.equal({ kind: 'aborted', finishedAtMs: world.clock.now() });
      expect(world.pendingTimers()).to.equal(0);
    });
  });

  describe('follows redirects', () => {
    const to = (location: string, code = 302): string => `/redirect?code=${code}&to=${encodeURIComponent(location)}`;

    it('making a GET of a POST after 302, not after 307', async () => {
      expect((await dataOf(to('/echo'), { method: 'POST', body: { a: 1 } })).data).to.include({
        method: 'GET',
        body: '',
      });
      expect((await dataOf(to('/echo', 307), { method: 'POST', body: { a: 1 } })).data).to.include({
        method: 'POST',
        body: '{"a":1}',
      });
    });

    it('without credentials and trace context to another origin', async () => {
      const { data } = await dataOf(to(`${other.origin}/echo`), {
        auth: { authMethod: 'bearer', token: 's3cr3t' },
        headers: { Cookie: 's3cr3t', 'X-Api-Key': 's3cr3t', 'X-Plain': 'kept' },
        ownHeaders: { traceparent: 's3cr3t' },
      });
      expect(JSON.stringify(data)).not.to.contain('s3cr3t');
      expect(data).to.have.nested.property('headers.x-plain', 'kept');
      const auth = { authMethod: 'bearer', token: 's3cr3t' } as const;
      const { data: same } = await dataOf(to('/echo'), { auth, ownHeaders: { traceparent: '00-1' } });
      expect(same).to.have.nested.property('headers.traceparent', '00-1');
      expect(same).to.have.nested.property('headers.authorization', 'Bearer s3cr3t');
    });

    it('five times and no more', async () => {
      const nested = (times: number): string => (times === 0 ? '/echo' : to(nested(times - 1)));
      expect(await failure(nested(5))).to.equal('succeeded');
      expect(await failure(nested(6))).to.equal('TOO_MANY_REDIRECTS');
      expect(await failure('/loop')).to.equal('TOO_MANY_REDIRECTS');
    });

    it('judging if each leads', async () => {
      expect(await failure(to('http://10.0.0.1/'))).to.equal('TARGET_BLOCKED');
      expect(await failure(to('http://169.254.169.254/latest'))).to.equal('TARGET_BLOCKED');
      expect(await failure(to('file:///etc/passwd'))).to.equal('TARGET_BLOCKED');
      expect(await failure(to(`http://user:pass@127.0.0.1:${target.port}/echo`))).to.equal('TARGET_BLOCKED');
      names.set('inside.example', ['10.0.0.1']);
      expect(await failure(to('http://inside.example/'))).to.equal('TARGET_BLOCKED');
      expect(await failure(to('http://['))).to.equal('INVALID_RESPONSE');
    });

    it('not if none is given, or if the status is a success', async () => {
      expect(await failure('/redirect?code=302')).to.equal('HTTP_302');
      expect(await failure(to('/echo'), { successStatus: [302] })).to.equal('succeeded');
    });
  });

  describe('connects to what was checked', () => {
    it('without asking for the name again', async () => {
      names.set('pinned.example', ['127.0.0.1']);
      const { data } = await dataOf(`http://pinned.example:${target.port}/echo`);
      expect(data).to.have.nested.property('headers.host', `pinned.example:${target.port}`);
      expect(requested).to.deep.equal(['pinned.example']);
    });

    it('judging again when the name has moved', async () => {
      names.set('moving.example', ['127.0.0.1']);
      expect(await failure(`http://moving.example:${target.port}/echo`)).to.equal('succeeded');
      names.set('moving.example', ['127.0.0.1', '10.0.0.1']);
      await world.advance(10_000);
      expect(await failure(`http://moving.example:${target.port}/echo`)).to.equal('TARGET_BLOCKED');
    });

    it('asking once for a name that many want', async () => {
      names.set('many.example', ['127.0.0.1']);
      await Promise.all(Array.from({ length: 20 }, () => call(`http://many.example:${target.port}/echo`)));
      expect(requested).to.deep.equal(['many.example']);
    });

    it('blocking a redirect to a port that TARGET_PORTS lacks, and one to a target that TARGETS=listed lacks', async () => {
      names.set('listed.example', ['127.0.0.1']);
      names.set('public.example', ['93.184.216.34']);
      const narrowed = createTargetCaller({
        names: createSensitiveNames(),
        policy: parseTargetPolicy({ allowedTargets: 'listed.example', listedOnly: true, ports: `80,${target.port}` }),
        resolveFor: () => async (name) => names.get(name) ?? [],
        world,
        userAgent: 'x',
      });
      const redirectedTo = async (to: string): Promise<unknown> => {
        const url = new URL(`http://listed.example:${target.port}/redirect?to=${encodeURIComponent(to)}`);
        const outcome = await narrowed.call({ url, method: 'GET', tenant: 'acme', timeoutMs: 1_000 }, running);
        return outcome.kind === 'failed' ? outcome.error : outcome.kind;
      };
      expect(await redirectedTo('/echo')).to.equal('succeeded');
      expect(await redirectedTo(`http://listed.example:${other.port}/echo`))
        .to.include({ code: 'TARGET_BLOCKED' })
        .and.to.have.property('message')
        .that.contains(`TARGET_PORTS=${other.port}`);
      expect(await redirectedTo('http://public.example/'))
        .to.include({ code: 'TARGET_BLOCKED' })
        .and.to.have.property('message')
        .that.contains('ALLOWED_TARGETS=public.example:80');
      await narrowed.close();
    });

    it('blocking an internal target, and saying how to allow it', async () => {
      const outcome = await call('http://192.168.0.1:8080/');
      expect(outcome).to.have.nested.property('error.code', 'TARGET_BLOCKED');
      expect(outcome).to.have.nested.property('error.message').that.contains('ALLOWED_TARGETS=192.168.0.1:8080');
      expect(await failure(`http://u:p@127.0.0.1:${target.port}/echo`)).to.equal('TARGET_BLOCKED');
    });
  });
});
