import type { ServerResponse } from 'node:http';
import { expect } from 'chai';
import { createSensitiveNames } from '../../src/domain/redaction/mask.ts';
import { parseTargetPolicy } from '../../src/domain/targets/policy.ts';
import type { ClearClient } from '../../src/domain/tasks/http/kind.ts';
import { createTargetCaller } from '../../src/engine/call/caller.ts';
import type { CallRequest, TargetCaller } from '../../src/engine/call/port.ts';
import { startEgressProxy } from '../support/egress-proxy.ts';
import { startTarget, type Target } from '../support/target.ts';
import { startTokenEndpoint, type TokenEndpoint } from '../support/token-endpoint.ts';
import { type ManualWorld, manualWorld } from '../support/world.ts';

describe('calls with the access token of an OAuth2 client', () => {
  let target: Target;
  let endpoint: TokenEndpoint;
  let world: ManualWorld;
  let caller: TargetCaller;

  const client = (other: Partial<ClearClient> = {}): ClearClient => ({
    authMethod: 'oauth2',
    tokenUrl: endpoint.url,
    clientId: 'carillon',
    clientSecret: 'hush hush',
    ...other,
  });
  const call = (
    { path = '/echo', ...other }: Partial<CallRequest> & { readonly path?: string } = {},
    auth = client(),
  ) =>
    caller.call(
      { url: new URL(path, target.origin), method: 'POST', tenant: 'acme', timeoutMs: 60_000, auth, ...other },
      new AbortController().signal,
    );
  const failed = async (auth = client()) => {
    const outcome = await call({}, auth);
    if (outcome.kind !== 'failed') throw new Error(`it ended as ${outcome.kind}`);
    expect(outcome, 'nothing was sent').to.not.have.property('startedAtMs');
    return outcome.error;
  };
  const sentTokens = () => target.received.map(({ headers }) => headers.authorization);
  const answering =
    (status: number, body: string) =>
    (response: ServerResponse): void => {
      response.writeHead(status, { 'content-type': 'application/json' }).end(body);
    };
  const callerOf = (allowedTargets: string, egressProxy?: string, addresses: readonly string[] = []) =>
    createTargetCaller({
      names: createSensitiveNames(),
      policy: parseTargetPolicy({ allowedTargets }),
      resolveFor: () => async () => addresses,
      world,
      userAgent: 'Carillon/test',
      egressProxy,
    });

  beforeEach(async () => {
    [target, endpoint] = await Promise.all([startTarget(), startTokenEndpoint()]);
    world = manualWorld();
    caller = callerOf('127.0.0.0/8');
  });
  afterEach(async () => {
    await caller.close();
    await Promise.all([target.close(), endpoint.close()]);
  });

  it('request it with form-encoded id and secret in the header', async () => {
    const outcome = await call({}, client({ clientSecret: 'a:b c/ü', scope: 'jobs run' }));
    expect(outcome.kind).to.equal('succeeded');
    expect(sentTokens()).to.deep.equal(['Bearer token-1']);
    const authorization = `Basic ${Buffer.from('carillon:a%3Ab+c%2F%C3%BC').toString('base64')}`;
    expect(endpoint.asked).to.deep.equal([
      { authorization, form: { grant_type: 'client_credentials', scope: 'jobs run' } },
    ]);
    expect(outcome.accessTokens, 'so that they can be struck out').to.deep.equal(['token-1']);
  });

  it('request it with id and secret in the body if configured', async () => {
    await call({}, client({ clientAuth: 'body', audience: 'https://api.example' }));
    const form = {
      grant_type: 'client_credentials',
      audience: 'https://api.example',
      client_id: 'carillon',
      client_secret: 'hush hush',
    };
    expect(endpoint.asked).to.deep.equal([{ authorization: undefined, form }]);
  });

  it('keep it until shortly before it expires', async () => {
    endpoint.expiresIn(100);
    await call();
    await world.advance(89_000);
    await call();
    await world.advance(2_000);
    await call();
    expect(sentTokens()).to.deep.equal(['Bearer token-1', 'Bearer token-1', 'Bearer token-2']);
    endpoint.expiresIn(7_200);
    await world.advance(100_000);
    await call();
    await world.advance(7_139_000);
    await call();
    await world.advance(2_000);
    await call();
    expect(sentTokens().slice(3)).to.deep.equal(['Bearer token-3', 'Bearer token-3', 'Bearer token-4']);
  });

  it('keep a token without a lifetime for minutes, and an expired one not at all', async () => {
    endpoint.expiresIn(undefined);
    await call();
    await world.advance(260_000);
    await call();
    await world.advance(20_000);
    endpoint.expiresIn(0);
    await call();
    await call();
    expect(sentTokens().map((sent) => sent?.at(-1))).to.deep.equal(['1', '1', '2', '3']);
  });

  it('request it once for all simultaneous calls', async () => {
    let give = (): void => {};
    const isAsked = new Promise<void>((resolve) => {
      endpoint.answer((response) => {
        give = () => answering(200, '{"access_token": "one", "expires_in": 60}')(response);
        resolve();
      });
    });
    const calls = [call(), call(), call()];
    await isAsked;
    calls.push(call());
    give();
    expect((await Promise.all(calls)).map(({ kind }) => kind)).to.deep.equal(Array(4).fill('succeeded'));
    expect(endpoint.asked).to.have.length(1);
    expect(new Set(sentTokens())).to.deep.equal(new Set(['Bearer one']));
  });

  it('share it only with calls of the same tenant, client and scope', async () => {
    await call();
    await call({ tenant: 'globex' });
    await call({}, client({ clientSecret: 'another' }));
    await call({}, client({ scope: 'jobs' }));
    await call({}, client({ audience: 'https://api.example' }));
    expect(endpoint.asked).to.have.length(5);
  });

  describe('if the target responds with 401', () => {
    const rejecting = '/status?code=401';

    it('are sent again once, with a new token, if the rejected token was a kept one', async () => {
      await call();
      const outcome = await call({ path: rejecting, ownHeaders: { 'Idempotency-Key': 'execution-7' } });
      expect(outcome).to.have.nested.property('error.code', 'HTTP_401');
      expect(outcome.accessTokens).to.deep.equal(['token-1', 'token-2']);
      const again = target.received.slice(1);
      expect(again.map(({ headers }) => [headers.authorization, headers['idempotency-key']])).to.deep.equal([
        ['Bearer token-1', 'execution-7'],
        ['Bearer token-2', 'execution-7'],
      ]);
    });

    it('are not sent again if the rejected token is new, and that token is dropped', async () => {
      expect(await call({ path: rejecting })).to.have.nested.property('error.code', 'HTTP_401');
      expect(target.received).to.have.length(1);
      await call();
      expect(sentTokens()).to.deep.equal(['Bearer token-1', 'Bearer token-2']);
    });

    it('are not sent again if 401 counts as success, or if this engine has lost the execution', async () => {
      await call();
      expect(await call({ path: rejecting, successStatus: [401] })).to.have.property('kind', 'succeeded');
      expect(target.received).to.have.length(2);
      let asks = 0;
      const withheld = await call({ path: rejecting, beforeSend: () => ++asks === 1 });
      expect([asks, withheld.kind]).to.deep.equal([2, 'failed']);
      expect(target.received).to.have.length(3);
    });

    it('end with the target’s response if no other token is available', async () => {
      await call();
      endpoint.answer(answering(503, ''));
      const outcome = await call({ path: rejecting });
      expect(outcome).to.have.nested.property('error.code', 'HTTP_401');
      expect(outcome).to.have.property('startedAtMs');
    });
  });

  it('fail unsent if the endpoint rejects the request, with its error', async () => {
    endpoint.answer(answering(401, '{"error": "invalid_client", "error_description": "no such client"}'));
    expect(await failed()).to.deep.equal({
      code: 'ACCESS_TOKEN_REJECTED',
      message: `the token endpoint ${endpoint.url} responded with status 401, invalid_client: no such client. Check clientId, clientSecret, scope and audience.`,
    });
    for (const body of ['no JSON', '{}', '{"access_token": ""}', '{"access_token": "a", "token_type": "mac"}', '[]']) {
      endpoint.answer(answering(200, body));
      expect((await failed()).message, body).to.contain('did not respond with a bearer token in JSON');
    }
    endpoint.answer((response) => response.writeHead(302, { location: `${target.origin}/echo` }).end());
    expect((await failed()).message).to.contain(`returned no access token: it redirected to ${target.origin}`);
    expect(target.received, 'no secret went there').to.deep.equal([]);
  });

  it('fail, unsent, if the endpoint fails or is not there, which a retry may fix', async () => {
    endpoint.answer(answering(503, ''));
    expect(await failed()).to.deep.equal({
      code: 'ACCESS_TOKEN_UNAVAILABLE',
      message: `the token endpoint ${endpoint.url} responded with status 503`,
    });
    endpoint.answer((response) => response.socket?.resetAndDestroy());
    expect((await failed()).code).to.equal('ACCESS_TOKEN_UNAVAILABLE');
    await endpoint.close();
    expect(await failed()).to.deep.equal({
      code: 'ACCESS_TOKEN_UNAVAILABLE',
      message: `the token endpoint ${endpoint.url} returned no access token: it refused the connection (ECONNREFUSED)`,
    });
    endpoint = await startTokenEndpoint();
    expect(await call()).to.have.property('kind', 'succeeded');
  });

  it('time out by their own timeout, or after 30 s', async () => {
    const isAsked = () => new Promise<void>((resolve) => endpoint.answer(() => resolve()));
    const first = isAsked();
    const [short, long] = [call({ timeoutMs: 1_000 }), call({ timeoutMs: 60_000 })];
    await first;
    await world.advance(1_000);
    expect(await short).to.have.nested.property('error.code', 'ETIMEDOUT');
    await world.advance(29_000);
    const outcome = await long;
    expect(outcome).to.have.nested.property('error.code', 'ACCESS_TOKEN_UNAVAILABLE');
    expect(outcome).to.have.nested.property('error.message').that.contains('did not respond within 30 s');
    expect(target.received).to.deep.equal([]);
  });

  it('request no token from a blocked endpoint', async () => {
    await caller.close();
    caller = callerOf(`127.0.0.1:${target.port}`);
    const { code, message } = await failed();
    expect(code).to.equal('TARGET_BLOCKED');
    expect(message).to.contain('the token URL is not an allowed target').and.contain('ALLOWED_TARGETS=127.0.0.1');
    expect((await failed(client({ tokenUrl: 'ftp://127.0.0.1/' }))).code).to.equal('TARGET_BLOCKED');
    expect(endpoint.asked).to.deep.equal([]);
  });

  it('request it through the egress proxy', async () => {
    const proxy = await startEgressProxy();
    await caller.close();
    caller = callerOf('127.0.0.0/8', proxy.url, ['93.184.216.34']);
    const { port } = new URL(endpoint.origin);
    const outcome = await call({}, client({ tokenUrl: `http://idp.example:${port}/token` }));
    expect(outcome.kind).to.equal('succeeded');
    expect(proxy.asked.map(({ host }) => host)).to.deep.equal([`93.184.216.34:${port}`]);
    await caller.close();
    await proxy.close();
  });
});
