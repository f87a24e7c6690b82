import { createHmac } from 'node:crypto';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import path from 'node:path';
import { expect } from 'chai';
import express from 'express';
import pg from 'pg';
import {
  type Call,
  type CallHandler,
  createReceiver,
  memoryStore,
  Problem,
  type RepeatStore,
} from '../../packages/receiver/src/receiver.ts';
import { type AService, aService } from '../support/a-service/a-service.ts';
import type { Api } from '../support/api.ts';
import { freePort } from '../support/free-port.ts';

const KEY = `whsec_${Buffer.alloc(32, 1).toString('base64')}`;
const OTHER = `whsec_${Buffer.alloc(32, 2).toString('base64')}`;

const URL_UNSIGNED = 'the signature of Carillon-Completion-Url matches no known key, so no result is reported';

describe('a receiver of calls', () => {
  let service: AService;
  let api: Api;
  let targets: Server;
  let origin: string;
  const seen: { path: string; headers: IncomingHttpHeaders; body: string }[] = [];
  const handled: Call[] = [];
  let handler: CallHandler;
  let reportStatus = 204;

  /** What runs a function from Request to Response. */
  const served = async (handle: (request: Request) => Promise<Response>, headers: object, body: string) => {
    const response = await handle(new Request('http://127.0.0.1/', { method: 'POST', headers: { ...headers }, body }));
    return { status: response.status, text: await response.text(), retryAfter: response.headers.get('retry-after') };
  };

  before(async () => {
    const port = await freePort();
    const own = { PORT: String(port), PUBLIC_URL: `http://127.0.0.1:${port}` };
    service = await aService().withSettings(own).withApplication('crm').start();
    api = service.as();
    await api.put('/applications/crm/secrets/SIGNING', { value: KEY, signing: true });
    const take: CallHandler = async (call) => {
      handled.push(call);
      return (await handler(call)) ?? undefined;
    };
    const options = { store: memoryStore({ now: service.now }), now: service.now };
    const receiver = createReceiver({ keys: [OTHER, KEY], ...options });
    const stranger = createReceiver({ keys: [OTHER], ...options });
    const app = express()
      .set('env', 'test')
      .use((request, _response, next) => {
        let body = '';
        request.on('data', (chunk) => {
          body += chunk;
        });
        request.on('end', () => seen.push({ path: request.path, headers: request.headers, body }));
        next();
      })
      .use('/known', receiver.middleware(take))
      .post('/reports/complete', (_request, response) => void response.status(reportStatus).end())
      .use('/unknown', stranger.middleware(take))
      .use('/raw', express.raw({ type: '*/*' }), receiver.middleware(take))
      .use('/parsed', express.json(), receiver.middleware(take));
    targets = createServer(app).listen(0, '127.0.0.1');
    await once(targets, 'listening');
    const address = targets.address();
    if (typeof address !== 'object' || address === null) throw new Error('it has no port');
    origin = `http://127.0.0.1:${address.port}`;
  });
  beforeEach(() => {
    handled.length = 0;
    seen.length = 0;
    reportStatus = 204;
    handler = async () => ({ body: { done: true } });
  });
  after(async () => {
    targets.close();
    await service.stop();
  });

  /** The headers of a call with a completion URL, as the service signs it. */
  const reporting = (headers: IncomingHttpHeaders, { token, key = KEY }: { token: string; key?: string }) => {
    const url = `${origin}/reports/complete?job=1`;
    const secret = Buffer.from(key.slice('whsec_'.length), 'base64');
    const text = `${url}.${headers['webhook-id']}.${headers['webhook-timestamp']}`;
    return {
      ...headers,
      'carillon-completion-url': url,
      'carillon-completion-token': token,
      'carillon-completion-signature': `v1,${createHmac('sha256', secret).update(text).digest('base64')}`,
    };
  };

  let jobs = 0;
  /** Has a job called at this path. @returns how its execution ended */
  const call = async (path: string, more: object = {}) => {
    const { body: job } = await api.post('/jobs', {
      ...{
        applicationId: 'crm',
        name: `job ${jobs++}`,
        enabled: false,
        pattern: '0 2 * * *',
        taskType: 'HttpInvokerTask',
      },
      taskConfig: { url: `${origin}${path}`, method: 'POST', body: { text: 'ü€' } },
      ...more,
    });
    const { body } = await api.post(`/jobs/${job.id}/trigger`);
    return service.eventually(async () => {
      const { body: execution } = await api.get(`/executions/${body.id}`);
      return execution.finishedAt === null ? undefined : execution;
    });
  };
  const last = () => seen.at(-1) ?? expect.fail('nothing was called');

  it('accepts signed calls, whoever has read their bytes', async () => {
    for (const path of ['/known', '/raw']) {
      const { id, status, result } = await call(path);
      expect([status, result.status, result.data]).to.deep.equal(['succeeded', 200, { done: true }]);
      expect(handled.at(-1)?.id).to.equal(`execution-${id}`);
      expect(handled.at(-1)?.json()).to.deep.equal({ text: 'ü€' });
      expect(handled.at(-1)?.header('Carillon-Attempt')).to.equal('1');
    }
  });

  it('rejects those that another key has signed, that were changed, or are old', async () => {
    expect((await call('/unknown')).error.code).to.equal('HTTP_401');
    expect(handled).to.deep.equal([]);
    await call('/known');
    const { headers, body } = last();
    let nowMs = service.now();
    const handle = createReceiver({ keys: [KEY], now: () => nowMs }).fetchHandler(async (each) => {
      handled.push(each);
    });
    expect(await served(handle, headers, `${body} `)).to.include({ status: 401 });
    expect(await served(handle, { ...headers, 'webhook-id': 'execution-0' }, body)).to.include({ status: 401 });
    expect(await served(handle, {}, body)).to.include({ status: 401, text: '{"error":"the call is not signed"}' });
    nowMs += 5 * 60_000;
    expect((await served(handle, headers, body)).text).to.include('too old');
    nowMs -= 11 * 60_000;
    expect(await served(handle, headers, body)).to.include({ status: 401 });
    expect(handled).to.have.length(1);
    nowMs = service.now();
    expect(await served(handle, headers, body)).to.include({ status: 204 });
  });

  it('deals with a repeat once, and again if it failed before', async () => {
    const outcomes = [new Error('no database'), undefined];
    handler = async () => {
      const error = outcomes.shift();
      if (error !== undefined) throw error;
    };
    const retry = { maxAttempts: 2, backoff: { initial: '1s', jitter: 'none' } };
    const { status, attempts } = await call('/known', { retry });
    expect([status, attempts.length]).to.deep.equal(['succeeded', 2]);
    expect(handled.map(({ id }) => id)[0]).to.equal(handled[1]?.id);
    const { headers, body } = last();
    const signed = ['webhook-id', 'webhook-timestamp', 'webhook-signature'].map((name) => [
      name,
      String(headers[name]),
    ]);
    const again = await fetch(`${origin}/known`, { method: 'POST', headers: Object.fromEntries(signed), body });
    expect(again.status).to.equal(204);
    expect(handled).to.have.length(2);
  });

  it('has one wait that comes while it is in progress', async () => {
    await call('/known');
    const { headers, body } = last();
    const { promise, resolve } = Promise.withResolvers<void>();
    const handle = createReceiver({ keys: [KEY], now: service.now }).fetchHandler(() => promise);
    const first = served(handle, headers, body);
    expect(await served(handle, headers, body)).to.include({ status: 503, retryAfter: '30' });
    resolve();
    expect(await first).to.include({ status: 204 });
  });

  it('reports progress and end of work with the token of the call', async () => {
    handler = async ({ callback }) => {
      void callback?.progress({ percent: 50 }).then(() => callback.succeed({ rows: 7 }));
    };
    const done = await call('/known', { completion: 'callback' });
    expect(done).to.include({ status: 'succeeded' });
    expect(done.result).to.deep.include({ status: 202, data: { rows: 7 } });
    handler = async ({ callback }) => {
      void callback?.fail('no such file');
    };
    const failed = await call('/known', { completion: 'callback' });
    expect(failed.error).to.deep.equal({ code: 'REPORTED_FAILED', message: 'no such file' });
  });

  it('requests a retry after a delay, or for none, and deals with the next attempt', async () => {
    const requested = [{ retry: '10s' }, { retry: false as const }];
    handler = async ({ callback }) => void callback?.fail('not yet', requested.shift());
    const retry = { maxAttempts: 5, backoff: { initial: '1s', jitter: 'none' }, retryOn: ['reported'] };
    const { status, attempts } = await call('/known', { completion: 'callback', retry });
    expect(status).to.equal('failed');
    const [first, second] = attempts;
    expect(attempts).to.have.length(2);
    expect(Date.parse(second.startedAt) - Date.parse(first.finishedAt)).to.be.within(10_000, 11_000);
    expect(handled).to.have.length(2);
  });

  it('reports what succeeded once more if another attempt comes, by its token', async () => {
    await call('/known');
    const { headers, body } = last();
    const handle = createReceiver({ keys: [KEY], now: service.now }).fetchHandler(async ({ id, callback }) => {
      await callback?.succeed({ id });
    });
    for (const token of ['first', 'second']) {
      expect(await served(handle, reporting(headers, { token }), body)).to.include({ status: 202 });
      expect(last().path).to.equal('/reports/complete');
      expect(last().headers.authorization).to.equal(`Bearer ${token}`);
      expect(JSON.parse(last().body)).to.deep.equal({ status: 'succeeded', result: { id: headers['webhook-id'] } });
    }
  });

  it('remembers the end before it is reported: the next attempt reports it, and does not work again', async () => {
    await call('/known');
    const { headers, body } = last();
    let worked = 0;
    const reports: Promise<unknown>[] = [];
    const handle = createReceiver({ keys: [KEY], now: service.now }).fetchHandler(async ({ callback }) => {
      worked += 1;
      const report = callback?.succeed({ worked });
      reports.push((report ?? Promise.reject(new Error('it has no callback'))).catch((error: unknown) => error));
    });
    reportStatus = 400;
    expect(await served(handle, reporting(headers, { token: 'first' }), body)).to.include({ status: 202 });
    expect(await reports[0])
      .to.be.instanceOf(Problem)
      .and.include({ status: 400 });
    reportStatus = 204;
    expect(await served(handle, reporting(headers, { token: 'second' }), body)).to.include({ status: 202 });
    expect([worked, reports.length]).to.deep.equal([1, 1]);
    expect(last().headers.authorization).to.equal('Bearer second');
    expect(JSON.parse(last().body)).to.deep.equal({ status: 'succeeded', result: { worked: 1 } });
  });

  it('forgets a failure before it is reported: the next attempt works again', async () => {
    await call('/known');
    const { headers, body } = last();
    const reports: Promise<unknown>[] = [];
    const handle = createReceiver({ keys: [KEY], now: service.now }).fetchHandler(async ({ callback }) => {
      reports.push((callback?.fail('no such file') ?? Promise.resolve()).catch((error: unknown) => error));
    });
    for (const status of [400, 204]) {
      reportStatus = status;
      expect(await served(handle, reporting(headers, { token: 'any' }), body)).to.include({ status: 202 });
      await Promise.all(reports);
    }
    expect(reports).to.have.length(2);
  });

  it('reports to no address that is not signed with the call', async () => {
    await call('/known');
    const { headers, body } = last();
    const errors: unknown[] = [];
    const handle = createReceiver({ keys: [OTHER, KEY], now: service.now }).fetchHandler(async ({ callback }) => {
      await callback?.succeed({}).catch((error: unknown) => errors.push(error));
    });
    const signed = reporting(headers, { token: 'any' });
    const { 'carillon-completion-signature': signature, ...unsigned } = signed;
    const rejected = { status: 401, text: JSON.stringify({ error: URL_UNSIGNED }) };
    expect(await served(handle, unsigned, body)).to.include(rejected);
    const moved = { ...signed, 'carillon-completion-url': `${origin}/elsewhere/complete?job=1` };
    expect(await served(handle, moved, body)).to.include(rejected);
    const ofBody = { ...signed, 'carillon-completion-signature': String(headers['webhook-signature']) };
    expect(await served(handle, ofBody, body)).to.include(rejected);
    const strange = reporting(headers, { token: 'any', key: `whsec_${Buffer.alloc(32, 3).toString('base64')}` });
    expect(await served(handle, strange, body)).to.include(rejected);
    expect(seen, 'only the call itself').to.have.length(1);
    expect(await served(handle, signed, body)).to.include({ status: 202 });
    expect([last().path, errors, signature.startsWith('v1,')]).to.deep.equal(['/reports/complete', [], true]);
  });

  it('responds with 500 if the work or the store fails, and reports the error', async () => {
    await call('/known');
    const { headers, body } = last();
    const errors: unknown[] = [];
    const onError = (error: unknown) => void errors.push(error);
    const broken = new Error('no database');
    const fails = async () => {
      throw broken;
    };
    const store: RepeatStore = { begin: fails, finish: fails, abandon: fails };
    for (const options of [{}, { store }]) {
      const handle = createReceiver({ keys: [KEY], now: service.now, onError, ...options }).fetchHandler(fails);
      expect(await served(handle, headers, body)).to.include({ status: 500, text: '' });
    }
    const used = new Request('http://127.0.0.1/', { method: 'POST', body: 'x' });
    await used.text();
    const handle = createReceiver({ keys: [KEY], onError }).fetchHandler(async () => {});
    expect((await handle(used)).status).to.equal(500);
    expect(errors.slice(0, 2)).to.deep.equal([broken, broken]);
    expect(errors[2]).to.be.instanceOf(TypeError);
  });

  it('stops reading a body at 10 MiB, whatever its Content-Length', async () => {
    let sentMiB = 0;
    const handle = createReceiver({ keys: [KEY] }).fetchHandler(async () => {});
    const body = new ReadableStream({
      pull: (controller) => {
        sentMiB += 1;
        controller.enqueue(new Uint8Array(1_048_576));
      },
    });
    const init: RequestInit = { method: 'POST', body, duplex: 'half', headers: { 'content-length': '10' } };
    expect((await handle(new Request('http://127.0.0.1/', init))).status).to.equal(413);
    expect(sentMiB).to.be.at.most(12);
  });

  it('remembers calls in Postgres as its documentation shows it', async () => {
    const text = await readFile(path.join(import.meta.dirname, '../../docs/how-to/receive-calls.md'), 'utf8');
    const [, code = ''] = /```js\n(.*?)```/s.exec(text) ?? [];
    const [, table = ''] = /`(CREATE TABLE .*?)`/.exec(code) ?? [];
    const { postgresStore } = await import(`data:text/javascript,${encodeURIComponent(code)}`);
    const pool = new pg.Pool({ connectionString: service.databaseUrl });
    try {
      await pool.query(table);
      const store: RepeatStore = postgresStore(pool);
      expect(await store.begin('execution-1')).to.equal('begun');
      expect(await store.begin('execution-1')).to.equal('requestInProgress');
      await pool.query("UPDATE carillon_calls SET at = at - interval '2 hours'");
      expect(await store.begin('execution-1')).to.equal('begun');
      const outcome = { reply: { status: 202 }, completion: { status: 'succeeded' as const, result: [1, 'ü'] } };
      await store.finish('execution-1', outcome);
      expect(await store.begin('execution-1')).to.deep.equal(outcome);
      await store.abandon('execution-1');
      expect(await store.begin('execution-1')).to.equal('begun');
    } finally {
      await pool.end();
    }
  });

  it('names what is wrong with its place, or its keys', async () => {
    expect((await call('/parsed')).error.code).to.equal('HTTP_500');
    expect(() => createReceiver({ keys: [] })).to.throw('needs a signing key');
    expect(() => createReceiver({ keys: ['secret'] })).to.throw('whsec_');
  });
});
