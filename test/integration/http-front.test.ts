import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { expect } from 'chai';
import { createFront, type Front } from '../../src/http/front.ts';
import { createStartingApp } from '../../src/http/health-app.ts';
import { testApp } from '../support/http.ts';
import { type ManualWorld, manualWorld } from '../support/world.ts';

describe('the front of a process', () => {
  let front: Front;
  let world: ManualWorld;
  let port = 0;

  beforeEach(async () => {
    world = manualWorld();
    const notices = { rejected: () => {} };
    const metrics = { render: async () => ({ contentType: 'text/plain', text: 'up 1\n' }) };
    front = createFront(
      createStartingApp({
        roles: ['api', 'engine'],
        reason: () => 'the process is starting',
        world,
        metrics,
        notices,
        measure: (_request, _response, next) => next(),
        authenticate: undefined,
      }),
      world,
    );
    front.server.listen(0, '127.0.0.1');
    await once(front.server, 'listening');
    const address = front.server.address();
    port = typeof address === 'object' && address !== null ? address.port : 0;
  });
  afterEach(() => front.close(0));

  const get = (path: string) => fetch(`http://127.0.0.1:${port}${path}`);
  const connected = async (): Promise<Socket> => {
    const accepted = once(front.server, 'connection');
    const socket = connect(port, '127.0.0.1');
    await Promise.all([once(socket, 'connect'), accepted]);
    return socket.on('error', () => {});
  };
  /** Resolves once a connection has ended, be it by a reset. */
  const gone = (socket: Socket) => new Promise((resolve) => void socket.resume().once('close', resolve));
  const keptAlive = async (): Promise<Socket> => {
    const socket = await connected();
    socket.write('GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n');
    await once(socket, 'data');
    return socket;
  };

  it('responds to /healthz during a start, and with 503 to everything else', async () => {
    expect((await get('/healthz')).status).to.equal(200);
    const reason = 'the process is starting';
    const ready = await get('/readyz');
    expect(ready.status).to.equal(503);
    expect(await ready.json()).to.deep.include({
      status: 'unready',
      roles: { api: { ready: false, reason }, engine: { ready: false, reason } },
    });
    const jobs = await get('/_/scheduler/jobs');
    expect([jobs.status, jobs.headers.get('retry-after')]).to.deep.equal([503, '5']);
    expect(jobs.headers.get('content-type')).to.equal('application/problem+json');
    expect(await jobs.json()).to.include({ code: 'STARTING', instance: '/_/scheduler/jobs' });
    front.serve(testApp().app);
    expect((await get('/_/scheduler/jobs')).status).to.equal(401);
    expect((await get('/readyz')).status).to.equal(200);
  });

  it('closes connections that wait for nothing immediately, kept alive or never used', async () => {
    const sockets = [await keptAlive(), await connected()];
    const ended = sockets.map(gone);
    await front.close(1_000);
    await Promise.all(ended);
    expect(world.pendingTimers()).to.equal(0);
  });

  it('lets a response in progress end, and then closes its connection', async () => {
    const requested = Promise.withResolvers<() => void>();
    front.serve((_request, response) => requested.resolve(() => response.end('done')));
    const asking = get('/slow');
    const answerNow = await requested.promise;
    const closed = front.close(1_000);
    answerNow();
    const result = await asking;
    expect(result.headers.get('connection')).to.equal('close');
    expect(await result.text()).to.equal('done');
    await closed;
  });

  it('cuts responses that do not end in time', async () => {
    front.serve((_request, response) => void response.write('first'));
    const { body } = await get('/endless');
    const closed = front.close(1_000);
    const rest = body?.getReader();
    await rest?.read();
    const cut = rest?.read().then(
      () => 'ended',
      () => 'cut',
    );
    await world.advance(1_000);
    await closed;
    expect(await cut).to.equal('cut');
  });

  /** Connects, and sends requests without waiting for an answer. The socket reads nothing until it is told to. */
  const pipelined = async (...paths: string[]) => {
    const accepted = once(front.server, 'connection');
    const socket = (await connected()).pause();
    socket.write(paths.map((path) => `GET ${path} HTTP/1.1\r\nHost: a\r\n\r\n`).join(''));
    const [ours] = await accepted;
    return { socket, ours };
  };
  /** Larger than what the two sockets take between them. */
  const LARGE = Buffer.alloc(32 * 1_024 * 1_024);

  it('serves the requests of a connection one at a time, in order', async () => {
    const begun: string[] = [];
    const requested = Promise.withResolvers<() => void>();
    front.serve(({ url = '' }, response) => {
      begun.push(url);
      if (url === '/1') requested.resolve(() => response.end('one'));
      else response.end(url);
    });
    const { socket } = await pipelined('/1', '/2', '/3');
    const answerNow = await requested.promise;
    expect(begun).to.deep.equal(['/1']);
    let text = '';
    socket.on('data', (chunk) => {
      text += chunk;
    });
    socket.resume();
    answerNow();
    while (!text.includes('/3')) await once(socket, 'data');
    expect(begun).to.deep.equal(['/1', '/2', '/3']);
    expect(text.indexOf('one')).to.be.below(text.indexOf('/2'));
    socket.destroy();
  });

  it('holds one response for a client that requests many and reads none', async () => {
    let begun = 0;
    const requested = Promise.withResolvers<void>();
    front.serve((_request, response) => {
      begun += 1;
      response.end(LARGE);
      requested.resolve();
    });
    const { socket } = await pipelined(...Array.from({ length: 20 }, () => '/'));
    await requested.promise;
    expect((await get('/')).status).to.equal(200);
    expect(begun).to.equal(2);
    socket.destroy();
  });

  it('ends a connection on which more than 100 requests wait', async () => {
    front.serve(() => {});
    const { socket } = await pipelined(...Array.from({ length: 102 }, () => '/'));
    await gone(socket);
  });

  it('begins no request of a client that is gone', async () => {
    const begun: string[] = [];
    const requested = Promise.withResolvers<void>();
    front.serve(({ url = '' }, response) => {
      begun.push(url);
      requested.resolve();
      if (url === '/3') response.end();
    });
    const { socket, ours } = await pipelined('/1', '/2');
    await requested.promise;
    socket.destroy();
    await once(ours, 'close');
    await get('/3');
    expect(begun).to.deep.equal(['/1', '/3']);
  });

  it('closes a connection that reads nothing for a while, unless its handler is working', async () => {
    expect(front.server.timeout).to.equal(60_000);
    front.serve(({ socket }, response) => {
      response.end(LARGE);
      socket.setTimeout(20);
    });
    const { socket: lazy, ours } = await pipelined('/');
    if (!ours.closed) await once(ours, 'close');
    lazy.destroy();
    const requested = Promise.withResolvers<() => void>();
    front.serve(({ socket }, response) => {
      socket.setTimeout(20);
      requested.resolve(() => response.end('done'));
    });
    const asking = get('/slow');
    await once(front.server, 'timeout');
    (await requested.promise)();
    expect(await (await asking).text()).to.equal('done');
  });

  const textOf = async (socket: Socket): Promise<string> => {
    let text = '';
    socket.on('data', (chunk) => {
      text += chunk.toString('latin1');
    });
    await once(socket, 'close');
    return text;
  };
  const rawAnswer = async (bytes: string): Promise<string> => {
    const socket = await connected();
    return textOf(socket.end(bytes, 'latin1'));
  };
  const unreadable: Record<string, [bytes: string, status: string, code: string]> = {
    'what is no HTTP': ['nonsense\r\n\r\n', '400 Bad Request', 'BAD_REQUEST'],
    'a method that HTTP does not know': [
      'FOO /healthz HTTP/1.1\r\nHost: a\r\n\r\n',
      '501 Not Implemented',
      'METHOD_NOT_IMPLEMENTED',
    ],
    'a request with two Hosts': [
      'GET /healthz HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n',
      '400 Bad Request',
      'BAD_REQUEST',
    ],
    'a request without a Host': ['GET /healthz HTTP/1.1\r\n\r\n', '400 Bad Request', 'BAD_REQUEST'],
    ...Object.fromEntries(
      ['a b', 'a/b', 'ann@a', 'http://a', 'a:b', '[::1', 'a\u00e9'].map((host) => [
        `the Host "${host}"`,
        [`GET /healthz HTTP/1.1\r\nHost: ${host}\r\n\r\n`, '400 Bad Request', 'BAD_REQUEST'],
      ]),
    ),
    'headers without end': [
      `GET /healthz HTTP/1.1\r\nHost: a\r\nX: ${'x'.repeat(20_000)}\r\n\r\n`,
      '431 Request Header Fields Too Large',
      'HEADERS_TOO_LARGE',
    ],
    'another expectation': [
      'GET /healthz HTTP/1.1\r\nHost: a\r\nExpect: miracles\r\n\r\n',
      '417 Expectation Failed',
      'EXPECTATION_FAILED',
    ],
  };
  it('takes a Host that is a name or an address, with a port or without', async () => {
    for (const host of ['a', 'a-b.example:3000', '127.0.0.1', '[::1]:80', 'xn--mnchen-3ya.de', '']) {
      const text = await rawAnswer(`GET /healthz HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`);
      expect(text, host).to.match(/^HTTP.1.1 200 /);
    }
  });
  for (const [what, [bytes, status, code]] of Object.entries(unreadable)) {
    it(`rejects ${what} with problem details`, async () => {
      const [head = '', body = ''] = (await rawAnswer(bytes)).split('\r\n\r\n');
      expect(head.split('\r\n', 1)).to.deep.equal([`HTTP/1.1 ${status}`]);
      expect(head.toLowerCase()).to.match(/\r\ncontent-type: application\/problem\+json\r\n/);
      expect(head.toLowerCase()).to.match(/\r\nx-request-id: \S+/);
      expect(JSON.parse(body)).to.include({ code, status: Number(status.slice(0, 3)) });
    });
  }

  const closing = 'Connection: close\r\n';
  for (const [what, headers, rest, statuses] of [
    ['a byte', closing, 'x', ['200']],
    ['another request', closing, 'GET / HTTP/1.1\r\nHost: a\r\n\r\n', ['200']],
    ['what is no HTTP', '', 'nonsense\r\n\r\n', ['200', '400']],
  ] as const) {
    it(`responds to a request followed by ${what}, then closes the connection`, async () => {
      const requested = Promise.withResolvers<() => void>();
      let requests = 0;
      front.serve((_request, response) => {
        requests += 1;
        response.write('first');
        requested.resolve(() => response.end('last'));
      });
      const socket = await connected();
      const text = textOf(socket);
      socket.write(`GET / HTTP/1.1\r\nHost: a\r\n${headers}\r\n${rest}`);
      const answerNow = await requested.promise;
      socket.write(rest);
      answerNow();
      expect(await text).to.match(/^HTTP[/]1[.]1 200 OK\r\n[\s\S]*first[\s\S]*last/);
      expect((await text).match(/(?<=HTTP[/]1[.]1 )\d+/g)).to.deep.equal(statuses);
      expect(requests).to.equal(1);
    });
  }

  /** A client that has its last answer, with the service's end of the connection. */
  const answeredLast = async (): Promise<{ client: Socket; accepted: Socket }> => {
    front.serve((_request, response) => response.end('done'));
    const accepting = new Promise<Socket>((resolve) => front.server.once('connection', resolve));
    const client = connect({ port, host: '127.0.0.1', allowHalfOpen: true }).resume();
    client.write(`GET / HTTP/1.1\r\nHost: a\r\n${closing}\r\n`);
    await once(client, 'end');
    return { client, accepted: await accepting };
  };

  it('lets a client send on that has its last response, until it closes', async () => {
    const { client, accepted } = await answeredLast();
    expect(accepted.destroyed).to.equal(false);
    client.end('more');
    await gone(client);
    expect(accepted.errored).to.equal(null);
  });

  it('cuts a client that does not close after its last response', async () => {
    const { client, accepted } = await answeredLast();
    const cut = once(accepted, 'close');
    await world.advance(1_000);
    await cut;
    client.destroy();
  });

  it('cuts a request whose body is not HTTP', async () => {
    front.serve((request) => request.resume());
    const text = await rawAnswer('POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nnonsense\r\n');
    expect(text).to.equal('');
  });
});
