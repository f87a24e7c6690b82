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
  };
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
    const body = JSON.parse(Buffer.concat(await request.toArray()).toString());
    const { url = '' } = request;
    if (url === '/_/scheduler/queues/crm/reports/take') {
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
      beats.push(body.running);
      const result = JSON.stringify(responses.beat);
      await responses.beatDelay;
      return void response.end(result);
    }
    if (responses.rejects > 0) {
      responses.rejects -= 1;
      response.statusCode = 413;
      return void response.end(JSON.stringify({ code: 'BODY_TOO_LARGE', detail: 'too large' }));
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
  const start = (concurrency = 1): Worker => {
    const onError = (error: unknown) => void errors.push(error);
    worker = createWorker({ url: queue.url, token: () => 'secret', queue: 'crm/reports', concurrency, onError });
    return worker;
  };

  beforeEach(async () => {
    errors.length = 0;
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
    expect(queue.takes[2]).to.deep.equal({ ...queue.takes[1], wait: '0s' });
    end();
    await stopping;
    queue.offer(2, 'slow');
    expect(queue.reports).to.deep.equal([report(1, { status: 'succeeded' })]);
    expect(queue.takes).to.have.length(3);
  });

  it('sends heartbeats while a handler blocks its process', async () => {
    const folder = await mkdtemp(path.join(tmpdir(), 'carillon-worker-'));
    try {
      const isBeaten = path.join(folder, 'beaten');
      start();
      queue.offer(9, 'block', isBeaten);
      const program = path.join(import.meta.dirname, '../support/blocked-worker-process.ts');
      const child = spawn(process.execPath, [program, queue.url], { stdio: 'inherit' });
      // Two leases of heartbeats, so the child still blocks.
      await queue.until(() => queue.beats.flat().filter(({ executionId }) => executionId === 9).length > 6);
      expect(queue.reports).to.deep.equal([]);
      await writeFile(isBeaten, '');
      expect((await once(child, 'exit'))[0]).to.equal(0);
      expect(queue.reports).to.deep.equal([report(9, { status: 'succeeded' })]);
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
