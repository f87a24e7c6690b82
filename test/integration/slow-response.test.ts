import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { expect } from 'chai';
import type { HealthContext } from '../../src/http/context.ts';
import { appOf } from '../../src/http/health-app.ts';
import { createSendSlowly } from '../../src/http/responses/slow-response.ts';
import { stub } from '../support/stub.ts';
import { type ManualWorld, manualWorld } from '../support/world.ts';

describe('a slow response', () => {
  let world: ManualWorld;
  let server: Server;
  let url: string;
  let body: PromiseWithResolvers<unknown>;
  let requested: PromiseWithResolvers<void>;

  beforeEach(async () => {
    world = manualWorld();
    body = Promise.withResolvers();
    requested = Promise.withResolvers();
    const sendSlowly = createSendSlowly(world);
    const health = stub<HealthContext>({ world, measure: (_request, _response, next) => next() });
    const app = appOf(health, [], async (_request, response) => {
      const sent = sendSlowly(response, () => body.promise);
      requested.resolve();
      await sent;
    });
    server = createServer(app).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    url = `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}/`;
  });
  afterEach(() => server.close().closeAllConnections());

  it('is like any other if its body comes soon', async () => {
    body.resolve({ work: [] });
    const response = await fetch(url);
    expect(response.headers.get('content-length')).to.equal('12');
    expect(await response.json()).to.deep.equal({ work: [] });
  });

  it('sends an uncompressed blank every 25 seconds', async () => {
    const asking = fetch(url, { headers: { 'accept-encoding': 'gzip' } });
    await requested.promise;
    await world.advance(25_500);
    const response = await asking;
    expect(response.status).to.equal(200);
    expect(response.headers.get('cache-control')).to.equal('no-store, no-transform');
    const received: string[] = [];
    const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
    const receive = async () => void received.push((await reader?.read())?.value ?? '');
    await receive();
    await world.advance(25_500);
    await receive();
    body.resolve({ work: [1] });
    await receive();
    expect(received).to.deep.equal([' ', ' ', '{"work":[1]}\n']);
    expect((await reader?.read())?.done).to.equal(true);
    await world.advance(60_000);
    expect(world.pendingTimers()).to.equal(0);
  });

  it('is a problem if its body fails before it began, and is interrupted afterwards', async () => {
    body.promise.catch(() => {});
    body.reject(new Error('nothing'));
    expect((await fetch(url)).status).to.equal(500);
    body = Promise.withResolvers();
    requested = Promise.withResolvers();
    const asking = fetch(url);
    await requested.promise;
    await world.advance(26_000);
    const response = await asking;
    body.reject(new Error('nothing'));
    const error = await response.text().catch((rejection: unknown) => rejection);
    expect(error).to.be.instanceOf(Error);
  });
});
