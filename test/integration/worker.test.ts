import { spawn } from 'node:child_process';
import { EventEmitter, once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect } from 'chai';
import { z } from 'zod';
import { createWorker, NonRetryable, type Run, type Worker } from '../../packages/worker/src/worker.ts';

type Asked = { readonly take: string; readonly most: number; readonly tasks: readonly string[]; readonly wait: string };
type Beaten = { readonly executionId: number; readonly token: string; readonly progress?: unknown };

/** A queue of the service, as the contract for workers describes it, with answers that the test decides. */
const startQueue = async () => {
  const offered: Record<string, unknown>[] = [];
  const taken = new Map<string, unknown[]>();
  const takes: Asked[] = [];
  const beats: Beaten[][] = [];
  const reports: unknown[] = [];
  const responses = {
    beat: { cancel: [], lost: [] } as { cancel: number[]; lost: number[] },
    /** A beat is answered after this, as it was when the beat came. */
    beatDelay: Promise.resolve(),
    losesNextTake: false,
    rejects: 0,
    /** Status for takes, if they are rejected. */
    takeStatus: 200,
    /** The execution whose progress is rejected. */
    rejectsProgressOf: 0,
  };
  let largestBeat = 0;
  const waiting = new Set<() => void>();
  const events = new EventEmitter();
  const offer = (executionId: number, task: string, input?: unknown, attempt = 1) => {
    const token = `token-${executionId}-${attempt}`;
    const at = '2026-11-30T01:00:00.000Z';
    offered.push({
      executionId,
      jobId: 12,
      jobName: 'report',
      attempt,
      task,
      input,
      scheduledAt: at,
      deadlineAt: at,
      leaseMs: 300,
      token,
    });
    for (const wake of [...waiting]) wake();
  };
  const handle = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const bytes = Buffer.concat(await request.toArray());
    const body = JSON.parse(bytes.toString());
    const { url = '' } = request;
    const reject = (status: number, code: string, detail: string): void => {
      response.statusCode = status;
      response.end(JSON.stringify({ code, detail }));
    };
    if (url === '/_/scheduler/queues/crm/reports/take') {
      if (responses.takeStatus !== 200) return reject(responses.takeStatus, 'UNAUTHENTICATED', 'the token has expired');
      takes.push({ take: body.takeId, most: body.most, tasks: body.tasks, wait: body.wait });
      if (offered.length === 0 && !taken.has(body.takeId) && body.wait !== '0s') {
        await new Promise<void>((resolve) => {
          waiting.add(resolve);
          response.on('close', resolve);
        });
      }
      if (response.closed) return;
      const work = taken.get(body.takeId) ?? offered.splice(0, body.most);
      taken.set(body.takeId, work);
      if (responses.losesNextTake && work.length > 0) {
        responses.losesNextTake = false;
        return void response.destroy();
      }
      return void response.end(JSON.stringify({ work }));
    }
    if (url === '/_/scheduler/queues/crm/reports/beat') {
      largestBeat = Math.max(largestBeat, bytes.length);
      const isRejected = (each: Beaten) => each.executionId === responses.rejectsProgressOf && 'progress' in each;
      if (body.running.some(isRejected)) return reject(400, 'BAD_INPUT', 'contains NUL');
      beats.push(body.running);
      const result = JSON.stringify(responses.beat);
      await responses.beatDelay;
      return void response.end(result);
    }
    if (responses.rejects > 0) {
      responses.rejects -= 1;
      return reject(413, 'BODY_TOO_LARGE', 'too large');
    }
    reports.push({ url, token: request.headers.authorization, ...body });
    response.statusCode = 204;
    response.end();
  };
  const server = createServer(async (request, response) => {
    const handled = handle(request, response);
    request.once('end', () => setImmediate(() => events.emit('asked')));
    await handled;
    events.emit('handled');
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const url = `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`;
  /** Checks again after each request: heartbeats come while work is in progress. */
  const until = async (isSo: () => boolean): Promise<void> => {
    while (!isSo()) await once(events, 'handled');
  };
  return {
    url,
    offer,
    until,
    events,
    takes,
    beats,
    largestBeat: () => largestBeat,
    reports,
    answers: responses,
    close: () => server.close().closeAllConnections(),
  };
};

const report = (executionId: number, body: object, attempt = 1) => ({
  url: `/_/scheduler/executions/${executionId}/complete?job=12`,
  token: `Bearer token-${executionId}-${attempt}`,
  ...body,
});

describe('a worker', () => {
  let queue: Awaited<ReturnType<typeof startQueue>>;
  let worker: Worker;
  const errors: unknown[] = [];
  const lines: string[] = [];
  const start = (concurrency = 1): Worker => {
    const onError = (error: unknown) => void errors.push(error);
    const onRecovered = () => void lines.push('recovered');
    const onRejected = ({ message }: Error) => void lines.push(`rejected: ${message}`);
    const to = { url: queue.url, token: () => 'secret', queue: 'crm/reports' };
    worker = createWorker({ ...to, concurrency, onError, onRecovered, onRejected });
    return worker;
  };

  beforeEach(async () => {
    errors.length = 0;
    lines.length = 0;
    queue = await startQueue();
  });
  afterEach(async () => {
    await worker.stop();
    queue.close();
  });

  it('runs the handler of each task, and reports results and failures', async () => {
    start()
      .on('add', z.object({ a: z.number(), b: z.number() }), async ({ input }) => input.a + input.b)
      .on('nothing', async () => {})
      .on('break', async () => {
        throw new Error('the mail server refused');
      })
      .on('break-forever', async () => {
        throw new NonRetryable('no such customer');
      });
    queue.offer(1, 'add', { a: 1, b: 2 });
    queue.offer(2, 'add', { a: 1 });
    queue.offer(3, 'nothing');
    queue.offer(4, 'break');
    queue.offer(5, 'break-forever');
    await queue.until(() => queue.reports.length === 5);
    expect(queue.reports).to.deep.equal([
      report(1, { status: 'succeeded', result: 3 }),
      report(2, {
        status: 'failed',
        error: 'input.b: Invalid input: expected number, received undefined',
        retry: false,
      }),
      report(3, { status: 'succeeded' }),
      report(4, { status: 'failed', error: 'the mail server refused' }),
      report(5, { status: 'failed', error: 'no such customer', retry: false }),
    ]);
    expect(queue.takes[0]).to.deep.include({
      tasks: ['add', 'nothing', 'break', 'break-forever'],
      most: 1,
      wait: '8m',
    });
    expect(new Set(queue.takes.map(({ take }) => take)).size).to.equal(queue.takes.length);
  });

  it('takes only work that it can start', async () => {
    const begun: Run<unknown>[] = [];
    const { promise: mayEnd, resolve: end } = Promise.withResolvers<void>();
    start(3).on('wait', async (run) => {
      begun.push(run);
      await mayEnd;
    });
    for (const id of [1, 2, 3, 4, 5]) queue.offer(id, 'wait');
    await queue.until(() => begun.length === 3);
    expect(queue.takes.map(({ most }) => most)).to.deep.equal([3]);
    end();
    await queue.until(() => queue.reports.length === 5);
    expect(queue.takes.every(({ most }) => most <= 3)).to.equal(true);
  });

  it('repeats a take whose response was lost, and runs its work once', async () => {
    queue.answers.losesNextTake = true;
    queue.offer(1, 'once');
    let runs = 0;
    start().on('once', async () => {
      runs += 1;
    });
    await queue.until(() => queue.reports.length === 1);
    const [first, second] = queue.takes;
    expect(second).to.deep.equal(first);
    expect(runs).to.equal(1);
    expect(errors).to.have.length(1);
    expect(lines).to.deep.equal(['recovered']);
  });

  it('reports once that its requests for work are rejected, and works once they are not', async () => {
    queue.answers.takeStatus = 401;
    start().on('task', () => 'done');
    while (lines.length === 0) await once(queue.events, 'asked');
    await once(queue.events, 'asked');
    queue.answers.takeStatus = 200;
    queue.offer(1, 'task');
    await queue.until(() => queue.reports.length === 1);
    expect(lines).to.deep.equal(['rejected: the token has expired']);
    expect(errors).to.deep.equal([]);
  });

  it('sends progress with heartbeats, aborts what is cancelled, and reports it so', async () => {
    start().on('long', async ({ signal, progress }) => {
      await progress({ percent: 50 });
      await once(signal, 'abort');
      signal.throwIfAborted();
    });
    queue.offer(7, 'long');
    await queue.until(() => queue.beats.some((running) => running[0]?.progress !== undefined));
    expect(queue.beats.flat()).to.deep.include({ executionId: 7, token: 'token-7-1', progress: { percent: 50 } });
    queue.answers.beat = { cancel: [7], lost: [] };
    await queue.until(() => queue.reports.length === 1);
    expect(queue.reports).to.deep.equal([report(7, { status: 'cancelled' })]);
  });

  for (const [what, progress, why] of [
    ['NUL', { at: 'a\0b' }, /must not contain NUL/],
    ['half of a surrogate pair', ['\ud83d'], /half of a surrogate pair/],
    ['the key __proto__', JSON.parse('{"__proto__": 1}'), /the key __proto__/],
    ['64 levels', Array.from({ length: 63 }).reduce((inner: unknown) => [inner], 1), /nested deeper than/],
    ['an integer that JSON rounds', 2 ** 60, /would round/],
    ['4 KiB', 'x'.repeat(4_096), /at most 4096 bytes/],
  ] as const) {
    it(`rejects progress with ${what}, which costs no other run its lease`, async () => {
      const { promise: mayEnd, resolve: end } = Promise.withResolvers<void>();
      start(2)
        .on('odd', async (run) => run.progress(progress))
        .on('well', () => mayEnd);
      queue.offer(1, 'odd');
      queue.offer(2, 'well');
      await queue.until(() => queue.reports.length === 1 && queue.beats.some((runs) => runs[0]?.executionId === 2));
      expect(queue.reports[0]).to.have.property('error').that.matches(why);
      expect(queue.beats.flat().every((each) => each.progress === undefined)).to.equal(true);
      end();
    });
  }

  it('sends a heartbeat again without progress if the service rejects it', async () => {
    const { promise: mayEnd, resolve: end } = Promise.withResolvers<void>();
    queue.answers.rejectsProgressOf = 1;
    start(2).on('task', async ({ progress, executionId }) => {
      await progress({ of: executionId });
      await mayEnd;
    });
    queue.offer(1, 'task');
    queue.offer(2, 'task');
    const isHeld = (id: number) => queue.beats.some((runs) => runs.some(({ executionId }) => executionId === id));
    await queue.until(() => isHeld(1) && isHeld(2) && errors.length > 0);
    expect(errors.map(String)).to.deep.equal(['Error: Progress was rejected: contains NUL']);
    end();
  });

  it('splits heartbeats that are too large for a request', async () => {
    const { promise: mayEnd, resolve: end } = Promise.withResolvers<void>();
    start(80).on('task', async ({ progress }) => {
      await progress('x'.repeat(4_000));
      await mayEnd;
    });
    for (let id = 1; id <= 80; id++) queue.offer(id, 'task');
    const shown = () => new Set(queue.beats.flat().flatMap((each) => ('progress' in each ? [each.executionId] : [])));
    await queue.until(() => shown().size === 80);
    expect(queue.largestBeat()).to.be.lessThan(256 * 1_024);
    expect(errors).to.deep.equal([]);
    end();
  });

  it('reports failures whose message can not be stored as it is', async () => {
    const thrown = [
      new Error('a\0b'),
      new Error('\ud83d'),
      new Error(`${'x'.repeat(1_999)}\u{1f600}`),
      '',
      Object.create(null),
    ];
    start().on('task', ({ executionId }) => {
      throw thrown[executionId];
    });
    for (const id of thrown.keys()) queue.offer(id, 'task');
    await queue.until(() => queue.reports.length === thrown.length);
    expect(queue.reports.map((each) => Object(each).error)).to.deep.equal([
      'a\u2400b',
      '\ufffd',
      'x'.repeat(1_999),
      'The handler failed without a message.',
      'The handler threw a value that has no text.',
    ]);
  });

  it('reports the delay of the next attempt that a handler stated', async () => {
    start().on('task', async ({ executionId, retryIn }) => {
      retryIn(executionId === 1 ? '5m' : 'soon');
      throw new Error('not yet');
    });
    queue.offer(1, 'task');
    queue.offer(2, 'task');
    await queue.until(() => queue.reports.length === 2);
    expect(queue.reports[0]).to.deep.equal(report(1, { status: 'failed', error: 'not yet', retry: 300_000 }));
    expect(queue.reports[1])
      .to.have.property('error')
      .that.matches(/up to 30 days, but is "soon"/);
  });

  it('reports a failure without its details if these are rejected', async () => {
    queue.answers.rejects = 1;
    start().on('task', () => {
      throw new NonRetryable('no such customer');
    });
    queue.offer(1, 'task');
    await queue.until(() => queue.reports.length === 1);
    const error = 'The handler failed, and its message was rejected.';
    expect(queue.reports).to.deep.equal([report(1, { status: 'failed', error, retry: false })]);
  });

  it('aborts and does not report what it has lost, and runs the next attempt', async () => {
    const aborted: number[] = [];
    start(2).on('long', async ({ signal, attempt }) => {
      if (attempt === 2) return 'done';
      await once(signal, 'abort');
      aborted.push(attempt);
      return 'too late';
    });
    queue.offer(7, 'long');
    await queue.until(() => queue.beats.flat().length > 0);
    queue.answers.beat = { cancel: [], lost: [7] };
    await queue.until(() => aborted.length === 1);
    queue.answers.beat = { cancel: [], lost: [] };
    queue.offer(7, 'long', undefined, 2);
    await queue.until(() => queue.reports.length === 1);
    expect(queue.reports).to.deep.equal([report(7, { status: 'succeeded', result: 'done' }, 2)]);
  });

  it('keeps an attempt when the previous one is reported lost', async () => {
    const { promise: mayEnd, resolve: end } = Promise.withResolvers<void>();
    const { promise: begun, resolve: begin } = Promise.withResolvers<void>();
    const { promise: delay, resolve: response } = Promise.withResolvers<void>();
    start(2).on('long', async ({ attempt, signal }) => {
      if (attempt === 1) return once(signal, 'abort');
      begin();
      await mayEnd;
      return signal.aborted ? 'aborted' : 'done';
    });
    queue.answers.beat = { cancel: [], lost: [7] };
    queue.answers.beatDelay = delay;
    queue.offer(7, 'long');
    while (queue.beats.flat().length === 0) await once(queue.events, 'asked');
    queue.offer(7, 'long', undefined, 2);
    await begun;
    queue.answers.beat = { cancel: [], lost: [] };
    const isBeaten = () => queue.beats.flat().some(({ token }) => token === 'token-7-2');
    response();
    await queue.until(isBeaten);
    end();
    await queue.until(() => queue.reports.length === 1);
    expect(queue.reports).to.deep.equal([report(7, { status: 'succeeded', result: 'done' }, 2)]);
  });

  it('reports a result that is rejected as a failure, without another attempt', async () => {
    start()
      .on('large', async () => 'x')
      .on('odd', async () => 1n);
    queue.answers.rejects = 1;
    queue.offer(1, 'large');
    await queue.until(() => queue.reports.length === 1);
    queue.offer(2, 'odd');
    await queue.until(() => queue.reports.length === 2);
    expect(queue.reports).to.deep.equal([
      report(1, { status: 'failed', error: 'The result was rejected: too large', retry: false }),
      report(2, {
        status: 'failed',
        error: 'The result was rejected: Do not know how to serialize a BigInt',
        retry: false,
      }),
    ]);
  });

  it('finishes and reports its work when it stops, and takes no more', async () => {
    const { promise: mayEnd, resolve: end } = Promise.withResolvers<void>();
    const { promise: begun, resolve: begin } = Promise.withResolvers<void>();
    start(2).on('slow', async () => {
      begin();
      await mayEnd;
    });
    queue.offer(1, 'slow');
    await begun;
    await queue.until(() => queue.takes.length === 2);
    const stopping = worker.stop();
    // What it was given by the take that waits, it would lose otherwise.
    await queue.until(() => queue.takes.length === 3);
    expect(queue.takes[2]).to.deep.equal({ ...queue.takes[1], most: 0, wait: '0s' });
    end();
    await stopping;
    queue.offer(2, 'slow');
    expect(queue.reports).to.deep.equal([report(1, { status: 'succeeded' })]);
    expect(queue.takes).to.have.length(3);
  });

  it('begins nothing that is offered after it was stopped, though the service was away then', async () => {
    queue.answers.takeStatus = 503;
    const begun: number[] = [];
    start().on('task', ({ executionId }) => void begun.push(executionId));
    while (errors.length === 0) await once(queue.events, 'asked');
    queue.answers.takeStatus = 200;
    queue.offer(1, 'task');
    await worker.stop();
    expect(begun).to.deep.equal([]);
  });

  it('sends heartbeats while a handler blocks its process', async () => {
    const folder = await mkdtemp(path.join(tmpdir(), 'carillon-worker-'));
    try {
      const isBeaten = path.join(folder, 'beaten');
      start();
      queue.offer(9, 'block', isBeaten);
      queue.offer(10, 'block', isBeaten);
      const program = path.join(import.meta.dirname, '../support/blocked-worker-process.ts');
      const child = spawn(process.execPath, [program, queue.url], { stdio: 'inherit' });
      // Two leases of heartbeats, so the child still blocks.
      const beatsOf = (id: number) => queue.beats.flat().filter(({ executionId }) => executionId === id).length;
      await queue.until(() => beatsOf(9) > 6 && beatsOf(10) > 6);
      expect(queue.reports).to.deep.equal([]);
      await writeFile(isBeaten, '');
      expect((await once(child, 'exit'))[0]).to.equal(0);
      expect(queue.reports).to.deep.equal([report(9, { status: 'succeeded' }), report(10, { status: 'succeeded' })]);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });

  it('rejects a queue without application, other numbers of runs, and a second handler', () => {
    expect(() => createWorker({ url: queue.url, token: '', queue: 'reports' })).to.throw(/must be APPLICATION\/QUEUE/);
    for (const concurrency of [0, 1.5, 1_001, Number.NaN]) {
      expect(() => start(concurrency)).to.throw(/must be an integer from 1 to 1000/);
    }
    expect(() =>
      start()
        .on('a', () => {})
        .on('a', () => {}),
    ).to.throw('The task a has a handler.');
  });
});
