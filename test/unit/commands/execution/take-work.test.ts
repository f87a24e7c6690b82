import { expect } from 'chai';
import { createBeatWork } from '../../../../src/commands/execution/beat-work.ts';
import type { NamedOffer, WorkContext } from '../../../../src/commands/execution/work-feed.ts';
import { createWorkTakes } from '../../../../src/commands/execution/work-takes.ts';
import { createClosureBook } from '../../../../src/domain/closure/closure-book.ts';
import { DomainError } from '../../../../src/domain/domain-error.ts';
import { isRunEvent, type OpenExecution, type RunEvent } from '../../../../src/domain/events/index.ts';
import { pauseStream, runsStream } from '../../../../src/domain/streams.ts';
import { createStreamQueues } from '../../../../src/event-store/append-with-retry.ts';
import { StreamParked } from '../../../../src/event-store/errors.ts';
import { LOG_START } from '../../../../src/event-store/port.ts';
import { inMemory, storeOver } from '../../../support/engines.ts';
import { takeNewer } from '../../../support/spoiled.ts';
import { stub } from '../../../support/stub.ts';

const AT = '2026-01-01T00:00:00.000Z';
const QUEUE = { tenant: 'acme', applicationId: 1, queue: 'reports' };
const actor = { type: 'user' as const, name: 'worker' };
const takeIdOf = (letter: string) => letter.repeat(43);

/** Processes over one log whose read model shows these offers alone. */
const start = (shown: readonly NamedOffer[] = []) => {
  const { world, log } = inMemory();
  let queries = 0;
  const seen: string[][] = [];
  const processOf = () => {
    const store = storeOver(log);
    const request = <T>(response: T) => {
      queries += 1;
      return Promise.resolve(response);
    };
    const see = async (workers: readonly { readonly worker: { readonly id: string } }[]) =>
      void seen.push(workers.map(({ worker }) => worker.id));
    const deps: WorkContext = {
      store,
      world,
      lanes: createStreamQueues(),
      jobClosures: stub<WorkContext['jobClosures']>({}),
      secrets: stub<WorkContext['secrets']>({}),
      shownTo: () => LOG_START,
      queries: {
        offeredQueues: async () => [],
        offersOf: async () => [],
        offersToTake: () => request(shown),
        loadClosures: async () => createClosureBook(),
      },
      beats: { see, beat: async () => {} },
    };
    const { take, feed, stop } = createWorkTakes(deps);
    const beat = createBeatWork({ ...deps, lanes: createStreamQueues(), feed });
    return { take, beat, stop };
  };
  const store = storeOver(log);
  /** Offers work as an engine does. */
  const offer = async (jobId: number, executionId = jobId) => {
    const stream = runsStream(jobId);
    const [read] = await store.readLast([stream]);
    const last = read instanceof StreamParked ? undefined : read;
    const others = last !== undefined && isRunEvent(last) ? last.data.tail.open : [];
    const open: OpenExecution = {
      ...{ executionId, attempt: 1, state: 'offered', trigger: 'manual', offers: true },
      ...{ scheduledAt: AT, createdAt: AT, leaseMs: 30_000 },
    };
    const event: RunEvent = {
      type: 'WorkOffered',
      data: {
        ...{ tenant: QUEUE.tenant, applicationId: 1, jobId, executionId, trigger: 'manual', attempt: 1, offers: true },
        ...{
          scheduledAt: AT,
          createdAt: AT,
          offeredAt: AT,
          to: 'queue:1/reports',
          leaseMs: 30_000,
          deadlineMs: 60_000,
        },
        work: { task: 'send' },
        jobSnapshot: {
          ...{ name: 'report', timezone: 'UTC', taskType: 'WorkerTask', queue: 'reports', task: 'send' },
          resolvedParameters: [],
        },
        tail: { jobRevision: 0, cursor: AT, runs: 0, open: [...others, open] },
      },
    };
    await store.append({
      stream,
      expectedRevision: last?.revision ?? -1,
      events: [{ ...event, id: world.random.uuid(), metadata: { actor, correlationId: 'offer' } }],
    });
  };
  /** Pauses the queue as a user does. */
  const pause = async () => {
    const data = { pauseId: 1, tenant: QUEUE.tenant, scope: 'target' as const, target: 'queue:1/reports' };
    const event = { type: 'PauseSet' as const, data: { ...data, reason: 'Moving', createdAt: AT, createdBy: 'ann' } };
    await store.append({
      stream: pauseStream(1),
      expectedRevision: -1,
      events: [{ ...event, id: world.random.uuid(), metadata: { actor, correlationId: 'pause' } }],
    });
  };
  const taken = async (jobId: number) =>
    (await Array.fromAsync(store.readStream(runsStream(jobId)))).filter(({ type }) => type === 'WorkTaken').length;
  return { world, log, processOf, offer, pause, taken, seen, queries: () => queries };
};

type Process = ReturnType<ReturnType<typeof start>['processOf']>;
type Other = Partial<Pick<Parameters<Process['take']>[0], 'most' | 'wait' | 'tasks' | 'worker' | 'authorizeAgain'>>;
const authorizeAgain = async () => {};
const takeBy = ({ take }: Process, letter: string, other: Other = {}) =>
  take({
    ...{
      ...QUEUE,
      actor,
      authorizeAgain,
      takeId: takeIdOf(letter),
      worker: { id: 'w1' },
      tasks: ['send'],
      most: 1,
      wait: 0,
    },
    ...other,
  });

describe('takes of work', () => {
  it('give a waiting take work before the read model shows it', async () => {
    const { world, processOf, offer, queries } = start();
    const process = processOf();
    const taking = takeBy(process, 'a', { wait: '30s' });
    await world.advance(100);
    const before = queries();
    await offer(7);
    await world.advance(0);
    expect(await taking).to.have.length(1);
    expect(queries()).to.equal(before);
    process.stop();
  });

  it('give each piece of work to one waiting take, and the rest nothing', async () => {
    const { world, processOf, offer, taken } = start();
    const process = processOf();
    const takes = ['a', 'b', 'c'].map((letter) => takeBy(process, letter, { wait: '2s' }));
    const other = takeBy(process, 'd', { wait: '2s', tasks: ['other'] });
    await world.advance(100);
    await offer(7);
    await offer(8);
    await world.advance(3_000);
    const given = (await Promise.all(takes)).flat().map(({ jobId }) => jobId);
    expect(given).to.have.members([7, 8]);
    expect(await other).to.deep.equal([]);
    expect([await taken(7), await taken(8)]).to.deep.equal([1, 1]);
    process.stop();
  });

  it('record the requesting workers together, each once', async () => {
    const { world, processOf, seen } = start();
    const process = processOf();
    const takes = ['w1', 'w2', 'w1'].map((id, index) => takeBy(process, 'abc'.charAt(index), { worker: { id } }));
    await world.advance(1_000);
    await Promise.all(takes);
    expect(seen).to.deep.equal([['w1', 'w2']]);
    process.stop();
  });

  it('give several pieces of one job, to one take or to several', async () => {
    const { world, processOf, offer, taken } = start();
    const process = processOf();
    for (const executionId of [71, 72, 73, 74]) await offer(7, executionId);
    const takes = [takeBy(process, 'a', { most: 2 }), takeBy(process, 'b'), takeBy(process, 'c', { most: 5 })];
    await world.advance(10);
    const given = (await Promise.all(takes)).map((work) => work.map(({ executionId }) => executionId));
    expect(given).to.deep.equal([[71, 72], [73], [74]]);
    expect(await taken(7)).to.equal(4);
    for (let executionId = 1; executionId <= 25; executionId += 1) await offer(8, executionId);
    const taking = takeBy(process, 'd', { most: 100 });
    await world.advance(10);
    expect(await taking).to.have.length(10);
    process.stop();
  });

  it('give no work to a caller whose token was revoked while it waited, but to the next one', async () => {
    const { world, processOf, offer, taken } = start();
    const process = processOf();
    let isRevoked = false;
    const revocable = async () => {
      if (isRevoked) throw new DomainError('TOKEN_REJECTED', 'it was revoked');
    };
    const rejected = takeBy(process, 'a', { wait: '5m', authorizeAgain: revocable }).catch((error: unknown) => error);
    await world.advance(100);
    const other = takeBy(process, 'b', { wait: '5m' });
    await world.advance(100);
    isRevoked = true;
    await offer(7);
    await world.advance(10);
    expect(await rejected).to.include({ code: 'TOKEN_REJECTED' });
    expect(await other).to.have.length(1);
    expect(await taken(7)).to.equal(1);
    process.stop();
  });

  it('give work to a take that has waited for minutes, with no other take since', async () => {
    const { world, processOf, offer } = start();
    const process = processOf();
    const taking = takeBy(process, 'a', { wait: '8m' });
    await world.advance(300_000);
    await offer(7);
    await world.advance(10);
    expect(await Promise.race([taking, Promise.resolve('nothing yet')])).to.have.length(1);
    process.stop();
  });

  it('end when their process stops, and later ones are rejected', async () => {
    const { world, processOf } = start();
    const process = processOf();
    const waiting = takeBy(process, 'a', { wait: '5m' });
    await world.advance(100);
    process.stop();
    expect(await waiting).to.deep.equal([]);
    const error = await takeBy(process, 'b', { wait: '5m' }).catch((rejection: unknown) => rejection);
    expect(error).to.include({ code: 'STARTING', message: 'the process is stopping: repeat the request' });
  });

  it('give no work of a paused queue, even before the read model shows the pause', async () => {
    const { world, processOf, offer, pause } = start();
    const process = processOf();
    await offer(7);
    await pause();
    const taking = takeBy(process, 'a');
    await world.advance(10);
    expect(await taking).to.deep.equal([]);
    process.stop();
  });

  it('give work behind an event that only a newer version knows', async () => {
    const shown = { executionId: 7, jobId: 7, jobName: 'report', attempt: 1, task: 'send', scheduledAt: AT };
    const work = { isBackfill: false, work: { task: 'send' }, leaseMs: 30_000, deadlineMs: 60_000 };
    const { world, log, processOf, offer, taken } = start([{ ...QUEUE, ...shown, ...work }]);
    const process = processOf();
    await offer(7);
    takeNewer(log, runsStream(7));
    const taking = takeBy(process, 'a');
    await world.advance(10);
    expect(await taking).to.have.length(1);
    expect(await taken(7)).to.equal(1);
    process.stop();
  });

  it('give a repeated take its work by any process, and no other, although the read model is behind', async () => {
    const { world, processOf, offer, taken } = start();
    const [first, second] = [processOf(), processOf()];
    await offer(7);
    const taking = takeBy(first, 'a');
    await world.advance(10);
    const [work] = await taking;
    expect(work).to.include({ jobId: 7, jobName: 'report' });
    await offer(8);
    for (const process of [first, second]) {
      const repeating = takeBy(process, 'a');
      await world.advance(10);
      expect(await repeating).to.deep.equal([work]);
    }
    expect([await taken(7), await taken(8)]).to.deep.equal([1, 0]);
    for (const process of [first, second]) process.stop();
  });

  it('report no work as lost that was just taken, in any process', async () => {
    const { world, processOf, offer } = start();
    const [first, second] = [processOf(), processOf()];
    await offer(7);
    const taking = takeBy(first, 'a');
    await world.advance(10);
    const [work] = await taking;
    const running = [
      { executionId: 7, token: work?.token ?? '' },
      { executionId: 9, token: work?.token ?? '' },
    ];
    const beating = second.beat(QUEUE, { worker: { id: 'w1' }, running });
    await world.advance(10);
    expect(await beating).to.deep.equal({ cancel: [], lost: [9] });
    for (const process of [first, second]) process.stop();
  });
});
