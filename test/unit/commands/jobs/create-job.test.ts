import { expect } from 'chai';
import { createCommands } from '../../../../src/commands/index.ts';
import { decideCreateJob } from '../../../../src/commands/jobs/create-job.ts';
import { createIds } from '../../../../src/commands/loop/ids.ts';
import type { CommandContext } from '../../../../src/commands/port.ts';
import { DomainEvent, TaskConfig } from '../../../../src/domain/events/index.ts';
import { initialJob } from '../../../../src/domain/job/job.ts';
import { createCodec } from '../../../../src/event-store/codec.ts';
import { createLanes } from '../../../../src/event-store/lanes.ts';
import { lastEventOf } from '../../../../src/event-store/last-event.ts';
import { createMemoryEventStore, type StoreCall } from '../../../../src/event-store/memory.ts';
import type { Append } from '../../../../src/event-store/port.ts';
import { MEMORY_HOME } from '../../../support/home.ts';
import { aJob, bornAt } from '../../../support/jobs.ts';
import { NEVER_CLOSED, NO_ENGINES } from '../../../support/no-closures.ts';
import { NO_HISTORY, NO_USES } from '../../../support/no-uses.ts';
import { manualWorld } from '../../../support/world.ts';

const context: CommandContext = { tenant: 'acme', actor: { type: 'user', name: 'ann' }, correlationId: 'c1' };
const unused = async () => {
  throw new Error('nothing is sealed here');
};

/** A log with an application, whose calls are told in order: the verb and the streams that it is about. */
const start = async () => {
  const world = manualWorld();
  const calls: string[] = [];
  const before = (call: StoreCall): void => {
    if (call.verb === 'append') calls.push(`append ${call.append.events.map(({ type }) => type).join()}`);
    if (call.verb === 'readLast') calls.push(`readLast ${call.streams.join()}`);
    if (call.verb === 'readStream') calls.push(`readStream ${call.stream}`);
  };
  const codec = createCodec({ schemas: DomainEvent.options });
  const store = createMemoryEventStore({ codec, now: world.clock.now, faults: { before } });
  const log = { store, lanes: createLanes(), world };
  const commands = createCommands({
    home: MEMORY_HOME,
    admitJob: async () => {},
    uses: NO_USES,
    jobClosures: NEVER_CLOSED,
    livingEngines: NO_ENGINES,
    slotHistories: NO_HISTORY,
    ...log,
    jobIds: createIds(log, 'jobs'),
    applicationIds: createIds(log, 'applications'),
    pauseIds: createIds(log, 'pauses'),
    operationIds: createIds(log, 'operations'),
    backfillIds: createIds(log, 'backfills'),
    tokenIds: createIds(log, 'tokens'),
    executionIds: createIds(log, 'executions'),
    tasks: { check: async () => [], seal: async (task) => TaskConfig.parse(task), sealOf: unused },
    secrets: {
      seal: unused,
      sealResult: () => Promise.reject(new Error('no result is sealed here')),
      currentGeneration: async () => undefined,
      rewrap: async () => false,
      erase: async () => {},
    },
  });
  const { value } = await commands.createApplication(context, { name: 'crm' });
  const create = (name: string, as = context, due: object = { pattern: '0 9 * * *' }) =>
    commands.createJob(as, {
      applicationId: value.applicationId,
      name,
      ...due,
      taskType: 'HttpInvokerTask',
      taskConfig: { endpoint: 'https://example.org', path: '/', method: 'GET' },
    });
  return { store, commands, create, calls, world };
};

const refusedAs = (promise: Promise<unknown>): Promise<unknown> => promise.catch((error) => error.code);

describe('create job', () => {
  it('takes the name, creates and binds in this order, and looks for nothing but the application', async () => {
    const { store, create, calls } = await start();
    await create('first');
    calls.length = 0;
    const { position, revision, value } = await create('second');
    expect(calls).to.deep.equal([
      `readLast app-${value.application.applicationId}`,
      'append NameReserved',
      'append JobCreated',
      'append DefinitionTaken',
    ]);
    expect({ revision, position }).to.deep.equal({ revision: 0, position: await store.end() });
  });

  it('records the definition as it was given, rules and all', () => {
    const rules = { overlap: 'queue', jitter: '5m', retry: { maxAttempts: 3, backoff: { initial: 500 } } } as const;
    const {
      createdAt: _,
      createdBy: __,
      updatedAt: ___,
      updatedBy: ____,
      scheduleSince: _____,
      ...given
    } = aJob(rules);
    const creating = { ...given, confidential: false, actor: { type: 'user', name: 'ann' } } as const;
    const [created] = decideCreateJob(creating, initialJob, Date.parse(bornAt));
    expect(created?.data).to.deep.equal(aJob(rules));
  });

  it('records nothing of a job whose name is taken', async () => {
    const { create, calls } = await start();
    await create('report');
    calls.length = 0;
    expect(await refusedAs(create('report'))).to.equal('NAME_TAKEN');
    expect(calls.filter((call) => /JobCreated|DefinitionTaken/.test(call))).to.deep.equal([]);
  });

  it('takes a name that was given back', async () => {
    const { commands, create, store } = await start();
    const { value } = await create('report');
    await commands.deleteJob(context, value.job.jobId, {});
    const again = await create('report');
    expect(again.value.job.jobId).not.to.equal(value.job.jobId);
    const runs = await lastEventOf(store, `runs-${again.value.job.jobId}`);
    expect(runs?.type).to.equal('DefinitionTaken');
  });

  it('keeps a schedule as it came, counted from now', async () => {
    const { create, world } = await start();
    const due = { schedule: { every: '2w' } };
    const { value } = await create('report', context, due);
    expect(value.job).to.deep.include({ ...due, scheduleSince: new Date(world.clock.now()).toISOString() });
    expect(value.job).to.not.have.property('pattern');
  });

  it('refuses an instant that has passed, and records nothing of the job', async () => {
    const { create, calls, world } = await start();
    calls.length = 0;
    const at = new Date(world.clock.now()).toISOString();
    expect(await refusedAs(create('report', context, { schedule: { at } }))).to.equal('BAD_SCHEDULE');
    expect(calls.filter((call) => call.startsWith('append Job'))).to.deep.equal([]);
  });

  it('plans its own append once the name is taken, right before it is made', async () => {
    const { create, calls } = await start();
    await create('first');
    calls.length = 0;
    const plan = async ({ stream, events }: Append): Promise<void> => {
      calls.push(`planned in ${stream}: ${events.map(({ type }) => type).join()}`);
    };
    const { value } = await create('second', { ...context, own: { plan, lost: () => {} } });
    const planned = `planned in job-${value.job.jobId}: JobCreated`;
    expect(calls.slice(1)).to.deep.equal([
      'append NameReserved',
      planned,
      'append JobCreated',
      'append DefinitionTaken',
    ]);
  });
});
