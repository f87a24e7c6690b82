import { expect } from 'chai';
import { createClient } from '../../../../packages/client/src/client.ts';
import { Problem, Unreachable } from '../../../../packages/client/src/problem.ts';
import { type SentRequest, UNREPEATED } from '../../../../packages/client/src/transport.ts';
import { allRoutes } from '../../../support/routes.ts';

type Outcome = 'lost' | { readonly status: number; readonly body?: object; readonly retryAfter?: string };
const OK = { status: 200, body: { id: 1 } };

/** A service that answers so, one after another, and a client of it that waits for nothing. */
const answering = (...outcomes: readonly Outcome[]) => {
  const requests: SentRequest[] = [];
  const waitsMs: number[] = [];
  const client = createClient({
    url: 'http://127.0.0.1:3000/',
    token: () => `token ${requests.length}`,
    fetch: async (_url, request) => {
      const outcome = outcomes[requests.length] ?? 'lost';
      requests.push(request);
      if (outcome === 'lost') throw new TypeError('fetch failed', { cause: new Error('read ECONNRESET') });
      const { status, body, retryAfter } = outcome;
      return Response.json(body ?? {}, {
        status,
        headers: retryAfter === undefined ? {} : { 'Retry-After': retryAfter },
      });
    },
    sleep: async (delayMs) => void waitsMs.push(delayMs),
  });
  const keys = () => requests.map(({ headers }) => headers['Idempotency-Key']);
  return { client, requests, waitsMs, keys };
};

const errorOf = async (requested: Promise<unknown>): Promise<unknown> =>
  requested.then(
    () => expect.fail('it was answered'),
    (error: unknown) => error,
  );
const id = { params: { path: { id: 1 } } };

describe('requests of a client', () => {
  it('are repeated under one key if the connection is lost, or the service is away', async () => {
    const { client, keys, requests } = answering('lost', { status: 503 }, OK);
    expect((await client.POST('/jobs/{id}/enable', id)).data.id).to.equal(1);
    expect(new Set(keys()).size).to.equal(1);
    expect(keys()[0]).to.match(/^[0-9a-f-]{36}$/);
    expect(requests[0]?.headers.Authorization).to.equal('Bearer token 0');
    await client.POST('/jobs/{id}/enable', id).catch(() => {});
    expect(new Set(keys()).size).to.equal(2);
  });

  it('are changes of every method that are repeated under one key, and reads that are repeated under none', async () => {
    const responses = () => answering('lost', { status: 503 }, OK);
    const body = { description: 'x' };
    const changes = {
      POST: (client: ReturnType<typeof answering>['client']) => client.POST('/jobs/{id}/enable', id),
      PUT: (client: ReturnType<typeof answering>['client']) => client.PUT('/jobs/{id}', { ...id, body }),
      PATCH: (client: ReturnType<typeof answering>['client']) =>
        client.PATCH('/applications/{application}/jobs/{job}', {
          ...{ params: { path: { application: 'crm', job: 'sync' } }, body },
        }),
      DELETE: (client: ReturnType<typeof answering>['client']) => client.DELETE('/jobs/{id}', id),
    };
    for (const [method, change] of Object.entries(changes)) {
      const { client, keys, requests } = responses();
      await change(client);
      expect(requests.map((each) => each.method)).to.deep.equal([method, method, method]);
      expect(new Set(keys()).size, method).to.equal(1);
      expect(keys()[0], method).to.match(/^[0-9a-f-]{36}$/);
    }
    const { client, keys } = responses();
    await client.GET('/jobs/{id}', id);
    expect(keys()).to.deep.equal([undefined, undefined, undefined]);
  });

  it('wait for as long as the service states, and for a request under the same key that is in progress', async () => {
    const requestInProgress = { status: 409, body: { code: 'REQUEST_IN_PROGRESS', detail: 'under way' } };
    const { client, waitsMs } = answering({ status: 429, retryAfter: '7' }, requestInProgress, OK);
    await client.GET('/jobs/{id}', id);
    expect(waitsMs[0]).to.equal(7_000);
    expect(waitsMs[1]).to.be.within(1, 1_000);
  });

  it('are abandoned if they would wait longer than the patience', async () => {
    const { client, requests } = answering({ status: 429, retryAfter: '31', body: { code: 'TOO_MANY_REQUESTS' } });
    const error = await errorOf(client.GET('/jobs/{id}', id));
    expect(error).to.be.instanceOf(Problem).and.include({ code: 'TOO_MANY_REQUESTS', retryAfterSeconds: 31 });
    expect(requests).to.have.length(1);
    const lost = await errorOf(answering().client.GET('/jobs/{id}', id));
    expect(lost).to.be.instanceOf(Unreachable);
    expect(Object(lost).cause.message).to.equal('read ECONNRESET');
  });

  it('that are rejected are not repeated', async () => {
    const errors = [{ pointer: '/name', message: 'is taken' }];
    const { client, requests } = answering({ status: 409, body: { code: 'NAME_TAKEN', detail: 'taken', errors } });
    const error = await errorOf(client.POST('/jobs/{id}/enable', id));
    expect(error).to.be.instanceOf(Problem).and.include({ status: 409, code: 'NAME_TAKEN', message: 'taken' });
    expect([...Object(error).fields]).to.deep.equal([['/name', 'is taken']]);
    expect(requests).to.have.length(1);
  });

  it('for a response with a secret are made once, without a key', async () => {
    const { client, keys } = answering('lost', OK);
    const body = { name: 'ci', permissions: ['scheduler:jobs:read' as const], expiresAt: '2027-01-01T00:00:00Z' };
    expect(await errorOf(client.POST('/tokens', { body }))).to.be.instanceOf(Unreachable);
    expect(keys()).to.deep.equal([undefined]);
    const routes = allRoutes.filter(({ showsSecret }) => showsSecret);
    expect(routes.map(({ path }) => path)).to.have.members([...UNREPEATED]);
  });

  it('take a response of someone between for none of Carillon', async () => {
    const html = new Response('<html>Bad gateway</html>', { status: 502 });
    const client = createClient({ url: 'http://127.0.0.1:3000', fetch: async () => html });
    const error = await errorOf(client.GET('/jobs'));
    expect(error).to.be.instanceOf(Problem).and.include({ status: 502, code: 'UNKNOWN' });
    const page = createClient({
      url: 'http://127.0.0.1:3000',
      fetch: async () => new Response('<html>Sign in</html>'),
    });
    expect(await errorOf(page.GET('/jobs')))
      .to.be.instanceOf(Problem)
      .and.include({ status: 200, code: 'UNKNOWN' });
  });

  it('never leave the path that they are for', async () => {
    const { client, requests } = answering();
    for (const id of ['', '.', '..']) {
      expect(String(await errorOf(client.DELETE('/jobs/{id}', { params: { path: { id } } })))).to.include(
        'is not a valid name',
      );
    }
    expect(requests).to.deep.equal([]);
  });
});
