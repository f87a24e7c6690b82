import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { connect } from 'node:net';
import { expect } from 'chai';
import express from 'express';
import { z } from 'zod';
import { DomainError } from '../../src/domain/domain-error.ts';
import { EVERY_TENANT } from '../../src/domain/values.ts';
import type { EventStore, Position } from '../../src/event-store/port.ts';
import { sourceOf, toCloudEvent, toStructured } from '../../src/feed/cloud-event.ts';
import { createFeedNames } from '../../src/feed/topics.ts';
import type { ApiContext } from '../../src/http/context.ts';
import { correlate } from '../../src/http/request-facts.ts';
import { sendProblem } from '../../src/http/responses/reject.ts';
import type { RouteRequest } from '../../src/http/route.ts';
import { eventRoutes } from '../../src/http/routes/events.ts';
import { createSse, type Sse } from '../../src/http/sse/index.ts';
import { contractCodec } from '../contract/event-store-support.ts';
import { history, type Step } from '../support/histories.ts';
import { jobCreated } from '../support/jobs.ts';
import { createMemoryLog, type MemoryLog } from '../support/memory-log.ts';
import { createMemoryEventStore } from '../support/memory-store.ts';
import { allEvents, appendEntries, LOG_ID } from '../support/publishing.ts';
import { spoil } from '../support/spoiled.ts';
import { openSse, type SseClient } from '../support/sse-client.ts';
import { stub } from '../support/stub.ts';
import { type ManualWorld, manualWorld } from '../support/world.ts';

const steps = (jobId: number, ...all: Step['step'][]): Step[] => all.map((step) => ({ jobId, step }));
/** Jobs before their next change have the name that the log has now: what was before the stream is not read. */
const calledAsNow = (events: readonly { data: { id: number; jobId?: number; jobName?: string; name?: string } }[]) => {
  const now = new Map(events.flatMap(({ data }) => (data.name === undefined ? [] : [[data.id, data.name]])));
  const said = new Set<number>();
  return events.map((event) => {
    const { id, jobId, name } = event.data;
    if (name !== undefined) said.add(id);
    if (jobId === undefined || said.has(jobId)) return event;
    return { ...event, data: { ...event.data, jobName: now.get(jobId) ?? event.data.jobName } };
  });
};

/** Job 2 is another tenant's. */
const story = (...jobIds: number[]) => history(jobIds.flatMap((jobId) => steps(jobId, 'claim', 'succeed', 'edit')));

describe('GET /events', () => {
  let world: ManualWorld;
  let log: MemoryLog;
  let store: EventStore;
  let server: Server;
  let url: string;
  let sse: Sse;
  let clients: SseClient[];
  let ended: number;
  let admitted: boolean;
  let leaving: AbortController;
  let handled: PromiseWithResolvers<void>;
  /** Of the lists, for positions that streams wait for. */
  let shown: Position[];
  const awaitShown = async (position: Position) => shown.push(position);

  beforeEach(async () => {
    world = manualWorld();
    shown = [];
    log = createMemoryLog({ now: () => 0 });
    store = createMemoryEventStore({ codec: contractCodec, now: () => 0, log });
    sse = createSse({ store, logId: LOG_ID, world, awaitShown, shares: { all: 4, tenant: 3, user: 2 } });
    clients = [];
    ended = 0;
    admitted = true;
    leaving = new AbortController();
    handled = Promise.withResolvers();
    const app = express();
    app.use(correlate(world));
    app.get('/events', async (request, response) => {
      const tenant = request.get('x-tenant') ?? 'acme';
      const permissions = new Set(
        (request.get('x-may') ?? 'jobs executions').split(' ').map((of) => `scheduler:${of}:read`),
      );
      const user = request.get('x-user') ?? 'ann';
      const caller = { tenant, user, callerId: user, actor: { type: 'user', name: user } as const, permissions };
      if (request.get('x-leaves') !== undefined) {
        leaving.abort();
        await once(response, 'close');
      }
      const [route] = eventRoutes(stub<ApiContext>({ events: sse }));
      const requested = stub<RouteRequest>({
        caller,
        header: (name) => request.get(name),
        authorizeAgain: async () => {
          if (!admitted) throw new DomainError('TOKEN_REJECTED', 'the session has ended');
        },
        scope: { tenant: tenant === '*' ? EVERY_TENANT : tenant },
      });
      const result = await route?.serve(requested, { params: {}, query: request.query, body: undefined });
      await result?.stream?.(response);
      ended += 1;
      handled.resolve();
    });
    app.use(sendProblem(world, { rejected: () => {} }));
    server = createServer(app).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    url = typeof address === 'object' && address !== null ? `http://127.0.0.1:${address.port}/events` : '';
  });
  afterEach(async () => {
    sse.stop();
    for (const client of clients) client.close();
    server.closeAllConnections();
    server.close();
    await once(server, 'close');
  });

  const open = async (query = '', headers: Record<string, string> = {}): Promise<SseClient> => {
    const client = await openSse(url + query, headers);
    clients.push(client);
    return client;
  };
  /** The stream as it should be. */
  const expected = async (tenant: string) => {
    const names = createFeedNames(store);
    return (await allEvents(store)).flatMap((event) => {
      const cloudEvent = toCloudEvent(event, sourceOf(LOG_ID), names.of(event));
      if (cloudEvent?.attributes.tenant !== tenant) return [];
      return [JSON.parse(JSON.stringify(toStructured(cloudEvent)))];
    });
  };

  it('streams new events of the tenant, with the data of messages', async () => {
    await appendEntries(store, story(1));
    const before = (await expected('acme')).length;
    const client = await open();
    await appendEntries(store, story(2, 4, 3));
    const now = (await expected('acme')).slice(before);
    const events = await client.events(now.length);
    expect(events.map(({ data }) => data)).to.deep.equal(now);
    expect(events.map(({ id, event }) => ({ id, event }))).to.deep.equal(
      now.map(({ sequence, type }) => ({ id: sequence, event: type })),
    );
  });

  it('starts when lists show earlier events, or immediately with `after`', async () => {
    await appendEntries(store, story(1));
    await open();
    expect(shown).to.deep.equal([await store.end()]);
    await open('?after=0');
    expect(shown).to.have.length(1);
  });

  it('continues after the event that a client got last', async () => {
    await appendEntries(store, story(1, 4));
    const all = await expected('acme');
    for (const last of [0, 5, all.length - 2]) {
      const client = await open('', { 'last-event-id': all[last].sequence });
      const events = await client.events(all.length - last - 1);
      expect(events.map(({ data }) => data)).to.deep.equal(calledAsNow(all.slice(last + 1)));
      client.close();
      await client.closed;
    }
    const fromStart = await open('?after=0');
    expect((await fromStart.events(all.length)).map(({ data }) => data)).to.deep.equal(all);
  });

  it('reports each event once, though a log that was lost from sight delivers some again', async () => {
    const repeating = createMemoryEventStore({
      codec: contractCodec,
      now: () => 0,
      log,
      faults: { redeliver: () => 2 },
    });
    sse = createSse({ store: repeating, logId: LOG_ID, world, awaitShown });
    await appendEntries(store, story(1));
    const client = await open('?after=0');
    const before = await expected('acme');
    const events = await client.events(before.length);
    await appendEntries(store, story(4));
    const all = await expected('acme');
    events.push(...(await client.events(all.length - before.length)));
    expect(events.map(({ data }) => data)).to.deep.equal(all);
  });

  it('continues after an event that can not be read, without it', async () => {
    const client = await open();
    await appendEntries(store, story(1));
    spoil(log, 'job-1');
    await appendEntries(store, story(4));
    const all = await expected('acme');
    expect((await client.events(all.length)).map(({ data }) => data)).to.deep.equal(all);
    const afterIt = await open('', { 'last-event-id': log.streamEvents('job-1').at(-1)?.position ?? '' });
    expect((await afterIt.events(1)).map(({ data }) => data.subject)).to.deep.equal(['jobs/4']);
  });

  it('holds only the job and the types that were requested', async () => {
    await appendEntries(store, story(1, 4));
    const client = await open('?after=0&jobId=4&type=scheduler.job.updated,scheduler.job.execution.succeeded');
    const events = await client.events(2);
    expect(events.map(({ event, data }) => [event, data.subject.split('/')[1]])).to.deep.equal([
      ['scheduler.job.execution.succeeded', '4'],
      ['scheduler.job.updated', '4'],
    ]);
  });

  it('shows every tenant to whom may see all', async () => {
    await appendEntries(store, story(1, 2));
    const all = [...(await expected('acme')), ...(await expected('globex'))];
    const client = await open('?after=0', { 'x-tenant': '*' });
    const tenants = (await client.events(all.length)).map(({ data }) => data.tenant);
    expect([...new Set(tenants)]).to.deep.equal(['acme', 'globex']);
  });

  it('sends a heartbeat with its position every 15 s', async () => {
    await appendEntries(store, story(1));
    const client = await open('?after=0&type=scheduler.job.deleted');
    await world.advance(15_000);
    expect(await client.text(/: heartbeat\nid: \d{20}\n\n/)).to.contain(`id: ${await store.end()}`);
    expect(ended).to.equal(0);
  });

  it('ends after half an hour, so that its permission is checked again', async () => {
    const client = await open();
    await world.advance(30 * 60_000);
    await client.closed;
  });

  it('is let go within 15 s once its token opens nothing any more', async () => {
    const client = await open();
    await world.advance(15_000);
    expect(ended).to.equal(0);
    admitted = false;
    await world.advance(15_000);
    await client.closed;
  });

  it('ends by itself for a client that has gone while its token was checked', async () => {
    const requested = fetch(url, { headers: { 'x-leaves': 'yes' }, signal: leaving.signal });
    await requested.catch(() => {});
    await handled.promise;
  });

  it('holds next to nothing for a reader that does not read', async () => {
    let given = 0;
    const counted: EventStore = {
      ...store,
      subscribe: async function* (options) {
        for await (const item of store.subscribe(options)) {
          given += item.kind === 'events' ? item.events.length : 0;
          yield item;
        }
      },
    };
    sse = createSse({ store: counted, logId: LOG_ID, world, awaitShown });
    const description = 'x'.repeat(100_000);
    const big = Array.from({ length: 300 }, () => ({ stream: 'job-7', event: jobCreated({ description }) }));
    await appendEntries(store, big);
    const { hostname, port } = new URL(url);
    const socket = connect(Number(port), hostname);
    socket.pause();
    socket.write('GET /events?after=0 HTTP/1.1\r\nHost: x\r\n\r\n');
    const [connection] = await once(server, 'connection');
    const isStuck = () => connection.writableLength > 0 && connection.writableNeedDrain;
    while (!isStuck()) await new Promise((resolve) => setImmediate(resolve));
    expect(given).to.be.within(1, 199);
    socket.destroy();
  });

  it('replays for one stream of a tenant at a time, and not for those that have caught up', async () => {
    let reading: string[] = [];
    let most = 0;
    const slow: EventStore = {
      ...store,
      subscribe: async function* (options) {
        const read = async () => {
          reading.push(String(options.after));
          most = Math.max(most, reading.length);
          await new Promise((resolve) => setImmediate(resolve));
          reading = reading.slice(1);
        };
        for await (const item of store.subscribe(options)) {
          await read();
          yield item;
        }
      },
    };
    sse = createSse({ store: slow, logId: LOG_ID, world, awaitShown });
    await appendEntries(store, story(1, 4));
    const count = (await expected('acme')).length;
    const streams = await Promise.all(['ann', 'bob', 'cid'].map((user) => open('?after=0', { 'x-user': user })));
    await Promise.all(streams.map((stream) => stream.events(count)));
    expect(most).to.equal(1);
    await appendEntries(store, story(7));
    const more = (await expected('acme')).length - count;
    await Promise.all(streams.map((stream) => stream.events(more)));
  });

  it('rejects what it can not understand, and a place beyond the log', async () => {
    const problem = async (query: string, headers: Record<string, string> = {}) => {
      const response = await fetch(url + query, { headers });
      const { code } = z.object({ code: z.string() }).parse(await response.json());
      return [response.status, code];
    };
    expect(await problem('?jobId=x')).to.deep.equal([400, 'BAD_INPUT']);
    expect(await problem('?type=nonsense')).to.deep.equal([400, 'BAD_INPUT']);
    expect(await problem('?nonsense=1')).to.deep.equal([400, 'BAD_INPUT']);
    expect(await problem('', { 'last-event-id': 'x' })).to.deep.equal([400, 'BAD_INPUT']);
    expect(await problem('', { 'last-event-id': '7' })).to.deep.equal([400, 'BAD_INPUT']);
  });

  it('leaves each user and tenant a share, and states which one is taken', async () => {
    const rejection = async (headers: Record<string, string>) => {
      const response = await fetch(url, { headers });
      const { code, detail } = z.object({ code: z.string(), detail: z.string() }).parse(await response.json());
      return [response.status, code, detail];
    };
    const [first] = [await open(), await open()];
    const user = '2 event streams are open, the limit of the user: close one';
    expect(await rejection({})).to.deep.equal([429, 'TOO_MANY_STREAMS', user]);
    await open('', { 'x-user': 'bob' });
    const tenant = '3 event streams are open, the limit of the tenant: close one';
    expect(await rejection({ 'x-user': 'cid' })).to.deep.equal([429, 'TOO_MANY_STREAMS', tenant]);
    await open('', { 'x-tenant': 'globex' });
    const all = '4 event streams are open, the limit of this process: close one';
    expect(await rejection({ 'x-tenant': 'initech' })).to.deep.equal([429, 'TOO_MANY_STREAMS', all]);
    first?.close();
    while (ended === 0) await new Promise((resolve) => setImmediate(resolve));
    await open('', { 'x-tenant': 'initech' });
  });

  it('reports definitions only to those who may read jobs', async () => {
    await appendEntries(store, story(1, 4));
    const all = await expected('acme');
    const ofRuns = all.filter(({ type }) => /[.](execution|occurrences)[.]/.test(type));
    expect(ofRuns).to.have.length.within(2, all.length - 2);
    const client = await open('?after=0', { 'x-may': 'executions' });
    expect((await client.events(ofRuns.length)).map(({ data }) => data)).to.deep.equal(ofRuns);
    const requested = await fetch(`${url}?type=scheduler.job.created`, { headers: { 'x-may': 'executions' } });
    expect(requested.status).to.equal(403);
    expect(await requested.text()).to.include('scheduler.job.created needs the permission scheduler:jobs:read');
  });

  it('ends with the service', async () => {
    const client = await open();
    sse.stop();
    await client.closed;
  });
});
