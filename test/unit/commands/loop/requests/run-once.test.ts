import { expect } from 'chai';
import type { CommandContext } from '../../../../../src/commands/command.ts';
import {
  type KeyedResponse,
  requestKey,
  requestStream,
} from '../../../../../src/commands/loop/requests/keyed-events.ts';
import { type RepeatableRequest, runOnce } from '../../../../../src/commands/loop/requests/run-once.ts';
import { DomainError } from '../../../../../src/domain/domain-error.ts';
import type { Faults, StoreCall } from '../../../../support/memory-store.ts';
import { aContext, createProcesses, jobAsked, type Process, type Processes } from '../../../../support/processes.ts';
import { settle } from '../../../../support/world.ts';

const SECOND_MS = 1_000;
const HOUR_MS = 3_600_000;
const DAY_MS = 24 * 3_600_000;

const request = (key = 'k1', bodyHash = 'h1'): RepeatableRequest => ({
  context: aContext({ correlationId: key }),
  key,
  bodyHash,
});

type Outcome = KeyedResponse | string;
const outcomeOf = (response: Promise<KeyedResponse>): Promise<Outcome> =>
  response.catch((error: unknown) => {
    if (error instanceof DomainError) return error.code;
    throw error;
  });

const responded = (outcome: Outcome): KeyedResponse => {
  if (typeof outcome === 'string') throw new Error(`rejected as ${outcome}`);
  return outcome;
};

/** Keys that share a stream, as a caller might choose them on purpose: one in 4,096. */
const keysOfOneStream = (among: number): string[] =>
  Array.from({ length: among }, (_, at) => `k${at}`).filter(
    (key) => requestStream(requestKey('acme', key)) === 'requests-000',
  );

const start = async () => {
  const processes = createProcesses();
  const one = processes.start();
  const { value } = await one.commands.createApplication(aContext(), { name: 'crm' });
  const { applicationId } = value;
  const job = (await one.commands.createJob(aContext(), jobAsked(applicationId, 'first'))).value.job;
  const once = (
    { log }: Process,
    wanted: RepeatableRequest,
    run: (context: CommandContext) => Promise<KeyedResponse>,
  ) => outcomeOf(runOnce(log, wanted, run));
  const create = (process: Process, name = 'new', wanted = request()) =>
    once(process, wanted, async (context) => {
      const done = await process.commands.createJob(context, jobAsked(applicationId, name));
      return { status: 201, body: { id: done.value.job.jobId }, position: done.position };
    });
  const update = (process: Process, change: object, expectedRevision?: number) =>
    once(process, request(), async (context) => {
      const { commands } = process;
      const precondition = expectedRevision === undefined ? {} : { expectedRevision };
      const done = await commands.updateJob(context, job.jobId, change, precondition);
      return { status: 200, headers: { ETag: `"${done.revision}"` }, body: done.value.job, position: done.position };
    });
  const remove = (process: Process) =>
    once(process, request(), async (context) => {
      const { position } = await process.commands.deleteJob(context, job.jobId, {});
      return { status: 204, position };
    });
  const created = (name: string) =>
    processes.recorded().filter((event) => event.type === 'JobCreated' && event.data.name === name).length;
  return { processes, one, job, once, create, update, remove, created };
};

const appends = (call: StoreCall, type: string): boolean =>
  call.verb === 'append' && call.append.events.some((event) => event.type === type);
/** The process died at this call: before it was made, or after. */
const diesBefore = (type: string) => ({
  before: (call: StoreCall) => (appends(call, type) ? new Promise<void>(() => {}) : undefined),
});

const diesAfter = (type: string) => ({
  after: (call: StoreCall) => (appends(call, type) ? new Promise<void>(() => {}) : undefined),
});

/** Of a process that died, or sleeps. */
const deadTimers = { after: () => () => true, sleep: () => new Promise<void>(() => {}) };

const dying = (processes: Processes, faults: Faults): Process => {
  const process = processes.start(faults);
  return { ...process, log: { ...process.log, world: { ...processes.world, timers: deadTimers } } };
};

describe('a repeated request', () => {
  it('is given the first response, byte for byte, and appends nothing', async () => {
    const { processes, one, create } = await start();
    const first = await create(one);
    const { length } = processes.recorded();
    const again = await create(processes.start());
    expect(JSON.stringify(responded(again).body)).to.equal(JSON.stringify(responded(first).body));
    expect(responded(again).status).to.equal(201);
    expect(processes.recorded()).to.have.length(length);
  });

  for (const where of ['one process', 'ten processes']) {
    it(`simultaneously, ten times in ${where}, is done once; all others are in progress`, async () => {
      for (const kind of ['create', 'update', 'remove'] as const) {
        const { processes, one, job, create, update, remove, created } = await start();
        const send = (process: Process): Promise<Outcome> =>
          ({
            create: () => create(process),
            update: () => update(process, { description: 'changed' }, 0),
            remove: () => remove(process),
          })[kind]();
        const all = Array.from({ length: 10 }, () => send(where === 'one process' ? one : processes.start()));
        const outcomes = await Promise.all(all);
        const responses = outcomes.filter((outcome) => typeof outcome !== 'string');
        expect(responses.length, kind).to.be.at.least(1);
        expect(new Set(responses.map((response) => JSON.stringify(response.body))).size, kind).to.equal(1);
        expect(new Set(outcomes.filter((outcome) => typeof outcome === 'string'))).to.deep.equal(
          new Set(responses.length === 10 ? [] : ['REQUEST_IN_PROGRESS']),
        );
        const done = processes
          .recorded()
          .filter(({ stream, revision }) => stream === `job-${job.jobId}` && revision > 0);
        expect(kind === 'create' ? created('new') : done.length, kind).to.equal(1);
      }
    });
  }

  for (const type of ['RequestReserved', 'NameReserved', 'RequestPlanned', 'JobCreated', 'ResponseRecorded']) {
    for (const [when, faults] of [
      ['before', diesBefore(type)],
      ['after', diesAfter(type)],
    ] as const) {
      it(`is done once if the first process died ${when} it appended ${type}`, async () => {
        const { processes, create, created } = await start();
        void create(dying(processes, faults));
        await settle();
        const beside = await create(processes.start());
        const isAnswered = type === 'ResponseRecorded' && when === 'after';
        const isUnknown = type === 'RequestReserved' && when === 'before';
        if (!isAnswered && !isUnknown) expect(beside).to.equal('REQUEST_IN_PROGRESS');
        await processes.world.advance(16 * SECOND_MS);
        const response = await create(processes.start());
        expect(response).to.deep.include({ status: 201 });
        expect(await create(processes.start())).to.deep.include({ body: responded(response).body });
        expect(created('new')).to.equal(1);
      });
    }
  }

  it('finishes the planned append, even after later appends', async () => {
    const { processes, one, job, update } = await start();
    void update(dying(processes, diesAfter('JobUpdated')), { name: 'second' });
    await settle();
    await processes.world.advance(16 * SECOND_MS);
    await one.commands.updateJob(aContext(), job.jobId, { name: 'third' }, {});
    expect(await update(one, { name: 'second' })).to.deep.include({ headers: { ETag: '"1"' } });
    await one.commands.deleteJob(aContext(), job.jobId, {});
    expect(await update(one, { name: 'second' })).to.deep.include({ headers: { ETag: '"1"' } });
  });

  it('has its original response even if the job is deleted', async () => {
    const { processes, one, job, update } = await start();
    void update(dying(processes, diesAfter('JobUpdated')), { description: 'changed' });
    await settle();
    await processes.world.advance(16 * SECOND_MS);
    await one.commands.deleteJob(aContext(), job.jobId, {});
    expect(await update(one, { description: 'changed' })).to.deep.include({ status: 200 });
  });

  it('is decided again if the append that was planned can not be made any more', async () => {
    const { processes, one, job, update } = await start();
    void update(dying(processes, diesBefore('JobUpdated')), { description: 'changed' }, 0);
    await settle();
    await one.commands.updateJob(aContext(), job.jobId, { description: 'other' }, {});
    await processes.world.advance(16 * SECOND_MS);
    expect(await update(one, { description: 'changed' }, 0)).to.equal('STALE_REVISION');
  });

  it('is not made beside an attempt that thaws after another took its turn', async () => {
    const { processes, create, created } = await start();
    let thaw = () => {};
    const frozen = new Promise<void>((resolve) => {
      thaw = resolve;
    });
    const asleep = dying(processes, { before: (call) => (appends(call, 'NameReserved') ? frozen : undefined) });
    const late = create(asleep);
    await settle();
    await processes.world.advance(16 * SECOND_MS);
    const response = await create(processes.start());
    expect(response).to.deep.include({ status: 201 });
    thaw();
    expect(await late).to.deep.include({ body: responded(response).body });
    expect(created('new')).to.equal(1);
  });

  it('stays in progress for as long as the first one runs', async () => {
    const { processes, one, once } = await start();
    let finish = (_answer: KeyedResponse) => {};
    const slow = once(
      one,
      request(),
      () =>
        new Promise((resolve) => {
          finish = resolve;
        }),
    );
    await settle();
    for (let minute = 0; minute < 2; minute++) {
      await processes.world.advance(60 * SECOND_MS);
      const again = await once(processes.start(), request(), async () => ({ status: 500 }));
      expect(again).to.equal('REQUEST_IN_PROGRESS');
    }
    finish({ status: 200 });
    expect(await slow).to.deep.include({ status: 200 });
    expect(await once(processes.start(), request(), async () => ({ status: 500 }))).to.deep.include({ status: 200 });
    expect(processes.world.pendingTimers()).to.equal(0);
  });

  it('may come again immediately, or another under its key, if it was rejected', async () => {
    const { one, create } = await start();
    expect(await create(one, 'first')).to.equal('NAME_TAKEN');
    expect(await create(one, 'first')).to.equal('NAME_TAKEN');
    expect(await create(one, 'new', request('k1', 'h2'))).to.deep.include({ status: 201 });
    expect(await create(one, 'new', request('k1', 'h1'))).to.equal('IDEMPOTENCY_KEY_REUSED');
  });

  it('is another one for another tenant, and after a day', async () => {
    const { processes, one, once } = await start();
    let runs = 0;
    const run = async (): Promise<KeyedResponse> => ({ status: 200, body: { run: ++runs } });
    const foreign = { ...request(), context: aContext({ tenant: 'other' }) };
    for (const wanted of [request(), foreign, request(), foreign]) await once(one, wanted, run);
    expect(runs).to.equal(2);
    await processes.world.advance(DAY_MS + 1);
    expect(await once(one, request(), run)).to.deep.include({ body: { run: 3 } });
  });

  it('reports the position that the read models need', async () => {
    const { processes, one, create } = await start();
    const first = await create(one);
    expect(first).to.have.property('position').that.is.a('string');
    expect(await create(processes.start())).to.have.property('position', responded(first).position);
  });

  it('keeps a body of any size and script', async () => {
    const { processes, one, once } = await start();
    const body = { text: '👩‍🚀"\\\u0000é'.repeat(150_000), lone: '\ud800' };
    const run = async (): Promise<KeyedResponse> => ({ status: 200, body: { ...body } });
    await once(one, request(), run);
    const again = await once(processes.start(), request(), async () => ({ status: 500 }));
    expect(JSON.stringify(responded(again).body)).to.equal(JSON.stringify(body));
  });

  it('is cut off the log once two days went by, and not before', async () => {
    const processes = createProcesses();
    const { log } = processes.start();
    const run = async (): Promise<KeyedResponse> => ({ status: 200 });
    const wanted: string[] = [];
    for (const key of keysOfOneStream(400_000).slice(0, 80)) {
      await runOnce(log, request(key), run);
      wanted.push(key);
      for (const recent of wanted.slice(-24)) {
        const response = await runOnce(log, request(recent), async () => ({ status: 500 }));
        expect(response.status).to.equal(200);
      }
      await processes.world.advance(HOUR_MS);
    }
    const [first] = processes.recorded();
    const nowMs = processes.world.clock.now();
    expect(first?.recordedAt).to.be.within(nowMs - 2 * DAY_MS, nowMs - DAY_MS);
  });

  it('is found by a few reads, of a few streams, however many keys there were', async () => {
    const processes = createProcesses();
    const reads: string[] = [];
    const { log } = processes.start({
      before: (call) => {
        if (call.verb === 'readLast' || call.verb === 'readStream') reads.push(call.verb);
      },
    });
    const keys = keysOfOneStream(400_000);
    const run = async (): Promise<KeyedResponse> => ({ status: 200 });
    for (const key of keys) await runOnce(log, request(key), run);
    expect(keys.length).to.be.above(60);
    for (const key of keys) {
      reads.length = 0;
      await runOnce(log, request(key), async () => ({ status: 500 }));
      expect(reads.length).to.be.at.most(6);
    }
    expect(new Set(processes.recorded().map(({ stream }) => stream)).size).to.equal(1);
  });
});
