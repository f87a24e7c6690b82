import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { connect } from 'node:net';
import { expect } from 'chai';
import fc from 'fast-check';
import { CreateJob } from '../../src/commands/job/job-input.ts';
import { parseInput } from '../../src/commands/parse.ts';
import { application, done, fakeCommands, testApp, tokenFor } from '../support/http.ts';

const token = tokenFor({ permissions: ['scheduler:admin'] });
const PATHS = [
  '/jobs',
  '/jobs/7',
  '/jobs/7/enable',
  '/jobs/7/executions',
  '/executions',
  '/applications/1',
  '/stats',
  '/echo',
];
const RUNS = 400;
const NO_EXECUTIONS = { pending: 0, running: 0, succeeded: 0, failed: 0, cancelled: 0 };

/** Sends bytes as they are and tells the status line's number; undefined where the server hung up without one. */
const statusOf = async (port: number, bytes: Buffer): Promise<number | undefined> => {
  const socket = connect(port, '127.0.0.1');
  const responded: Buffer[] = [];
  socket.on('data', (chunk) => responded.push(chunk));
  socket.on('error', () => socket.destroy());
  socket.end(bytes);
  await once(socket, 'close');
  const [, status] = /^HTTP\/1\.1 (\d{3})/.exec(Buffer.concat(responded).toString('latin1')) ?? [];
  return status === undefined ? undefined : Number(status);
};

const word = fc.oneof(
  fc.string(),
  fc.string({ unit: 'binary' }),
  fc.constantFrom(
    '%',
    '%00',
    '%ff',
    '__proto__',
    'constructor',
    '..',
    '//',
    '*',
    '"',
    '7',
    '0',
    '-1',
    '1e3',
    'limit',
    'cursor',
  ),
);
const pathText = fc
  .tuple(fc.constantFrom(...PATHS), fc.array(word, { maxLength: 3 }), fc.array(fc.tuple(word, word), { maxLength: 3 }))
  .map(([path, more, query]) => {
    const rest = more.map((part) => `/${part}`).join('');
    const requested = query.map(([name, value]) => `${name}=${value}`).join('&');
    return `/_/scheduler${path}${rest}?${requested}`.replace(/[\0-\x20\x7f]/g, '+');
  });
const header = fc.tuple(
  fc.constantFrom(
    'If-Match',
    'Idempotency-Key',
    'X-Request-Id',
    'traceparent',
    'Carillon-Reason',
    'Cookie',
    'Content-Encoding',
    'Accept',
    'Origin',
    'Content-Type',
  ),
  fc.string({ unit: 'grapheme-ascii' }),
);
const body = fc.oneof(
  fc.json(),
  fc.string({ unit: 'binary' }),
  fc.jsonValue().map((value) => JSON.stringify({ applicationId: 1, name: 'a', taskConfig: value, pattern: value })),
);
const request = fc
  .record({
    method: fc.constantFrom('GET', 'POST', 'PUT', 'DELETE', 'PATCH', 'HEAD', 'OPTIONS'),
    path: pathText,
    headers: fc.array(header, { maxLength: 4 }),
    json: fc.boolean(),
    body,
  })
  .map(({ method, path, headers, json, body: text }) => {
    const bytes = Buffer.from(text, 'utf8');
    const lines = [
      `${method} ${path} HTTP/1.1`,
      'Host: localhost',
      'Connection: close',
      `Authorization: Bearer ${token}`,
      ...(json ? ['Content-Type: application/json'] : []),
      ...headers.map(([name, value]) => `${name}: ${value}`),
      `Content-Length: ${bytes.length}`,
    ];
    return Buffer.concat([Buffer.from(`${lines.join('\r\n')}\r\n\r\n`, 'utf8'), bytes]);
  });

describe('junk', () => {
  let server: Server;
  let port = 0;

  before(async () => {
    const { app } = testApp({
      echo: true,
      commands: {
        createJob: async (context, input) => {
          parseInput(CreateJob, input);
          return fakeCommands.createJob(context, input);
        },
        deleteJob: async () => done(undefined),
        updateApplication: async () => done(application),
        deleteApplication: async () => done(undefined),
      },
      queries: {
        getApplication: async () => undefined,
        statistics: async () => ({ jobs: { total: 0, enabled: 0 }, executions: { ...NO_EXECUTIONS, last24h: 0 } }),
        jobStates: async () => undefined,
        slotCounts: async () => ({ fired: 0, late: {}, skipped: {}, missed: {} }),
      },
    });
    server = createServer(app).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    port = typeof address === 'object' && address !== null ? address.port : 0;
  });
  after(async () => {
    server.close();
    await once(server, 'close');
  });

  it('never causes a 5xx with any request to a route', async () => {
    await fc.assert(
      fc.asyncProperty(request, async (bytes) => {
        expect(await statusOf(port, bytes)).to.be.within(100, 499);
      }),
      { numRuns: RUNS },
    );
  });

  it('never makes the service fail, even if it is no HTTP', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 500 }), async (bytes) => {
        expect((await statusOf(port, Buffer.from(bytes))) ?? 400).to.be.within(100, 499);
      }),
      { numRuns: RUNS / 4 },
    );
  });

  it('rejects headers without end and a request target that is none', async () => {
    const send = (line: string, headers = '') =>
      statusOf(port, Buffer.from(`${line} HTTP/1.1\r\nHost: a\r\n${headers}\r\n`));
    expect(await send('GET /healthz', `X: ${'x'.repeat(20_000)}\r\n`)).to.equal(431);
    expect(await send('OPTIONS *')).to.be.within(200, 499);
    expect(await send('GET http://other/_/scheduler/jobs')).to.be.within(200, 499);
    expect(await send('GET //evil/..%2f')).to.be.within(200, 499);
    expect(await send('GET /healthz', `Authorization: Bearer a\r\nAuthorization: Bearer b\r\n`)).to.equal(200);
    const twice = `Authorization: Bearer ${token}\r\n`.repeat(2);
    expect(await send('GET /_/scheduler/jobs', twice)).to.equal(401);
  });
});
