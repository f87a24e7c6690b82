import { expect } from 'chai';
import type { CommandDeps } from '../../../../src/commands/command-deps.ts';
import { createFindExpected, type ExpectedExecution } from '../../../../src/commands/execution/expected-execution.ts';
import type { Application, HttpJobDefinition, OpenExecution, RunTail } from '../../../../src/domain/events/index.ts';
import { createSensitiveNames } from '../../../../src/domain/redaction/mask.ts';
import { applicationStream, jobStream, runsStream } from '../../../../src/domain/streams.ts';
import { HttpSnapshot } from '../../../../src/domain/tasks/http/stored.ts';
import { appendEntries } from '../../../support/append-entries.ts';
import { applicationCreated, sealedAs } from '../../../support/applications.ts';
import { inMemory } from '../../../support/engines.ts';
import { aJob, bornAt, jobCreated } from '../../../support/jobs.ts';
import { NEVER_CLOSED, NO_USES } from '../../../support/none.ts';
import { stub } from '../../../support/stub.ts';

const scheduledAt = '2026-03-01T09:00:00.000Z';
const startedAt = '2026-03-01T09:00:00.010Z';
const laterAt = '2026-03-01T09:00:05.000Z';

const variable = (name: string, value: string, updatedAt = bornAt) => ({ name, value, updatedAt, updatedBy: 'ann' });
const secret = { name: 'KEY', value: sealedAs('key'), updatedAt: bornAt, updatedBy: 'ann' };

const TASK: HttpJobDefinition['taskConfig'] = {
  url: 'https://example.com/sync?day=${T:YYYY-MM-DD}&of=${TENANT}&password=hush&key=${secret:KEY}',
  method: 'POST',
  headers: { Authorization: 'Bearer clear', 'X-Sealed': sealedAs('header') },
  body: { from: '${T-1d:YYYY-MM-DD}' },
};

type Given = {
  /** The versions of the job, oldest first. */
  readonly versions?: readonly Partial<HttpJobDefinition>[];
  readonly application?: Partial<Application>;
  readonly open?: Partial<OpenExecution>;
  readonly hasRoom?: boolean;
  readonly isPaused?: boolean;
};
type Asked = Parameters<ReturnType<typeof createFindExpected>>[0];

/** What is expected of execution 9 of job 7. */
const expectedOf = async (requested: Partial<Asked>, given: Given = {}): Promise<ExpectedExecution> => {
  const { world, store } = inMemory();
  const { versions = [{}], open, hasRoom = true, isPaused = false } = given;
  const secrets = [secret];
  const execution: OpenExecution = {
    ...{ executionId: 9, attempt: 0, state: 'pending', trigger: 'manual', scheduledAt, createdAt: scheduledAt },
    ...open,
  };
  const tail: RunTail = { jobRevision: 0, cursor: bornAt, runs: 0, open: open === undefined ? [] : [execution] };
  const { attempt: _, state: __, ...fields } = execution;
  const runs = { tenant: 'acme', applicationId: 3, jobId: 7, ...fields, tail };
  await appendEntries(store, [
    {
      stream: applicationStream(3),
      event: applicationCreated({ variables: [variable('TENANT', 'north')], secrets, ...given.application }),
    },
    ...versions.map((each, index) => ({
      stream: jobStream(7),
      event:
        index === 0
          ? jobCreated({ taskConfig: TASK, ...each })
          : { type: 'JobUpdated' as const, data: aJob({ taskConfig: TASK, ...each }) },
    })),
    { stream: runsStream(7), event: { type: 'ExecutionRequested', data: runs } },
  ]);
  const deps = stub<CommandDeps>({
    ...{ store, world },
    jobClosures: { ...NEVER_CLOSED, pausedBy: async () => (isPaused ? 'tenant' : undefined) },
    readModels: { ...NO_USES, hasRoom: async () => hasRoom },
  });
  const find = createFindExpected(deps, createSensitiveNames());
  const record = { id: 9, jobId: 7, scheduledAt, startedAt: null, jobSnapshot: null };
  return find({ ...record, status: 'pending', ...requested });
};

const running = { status: 'running', startedAt, jobRevision: 0 } as const;
const lost = { ...running, status: 'failed', error: { code: 'OUTCOME_UNKNOWN', message: 'it was lost' } } as const;

describe('what an execution is to send', () => {
  it('is its task for its time, with every secret masked', async () => {
    const { jobSnapshot } = await expectedOf({}, { open: {} });
    expect(jobSnapshot).to.deep.equal({
      name: 'sync',
      pattern: '* * * * *',
      timezone: 'UTC',
      taskType: 'HttpInvokerTask',
      method: 'POST',
      url: 'https://example.com/sync?day=2026-03-01&of=north&password=***&key=***',
      headers: { Authorization: '***', 'X-Sealed': '***' },
      body: { from: '***' },
      resolvedParameters: [
        { expression: '${T:YYYY-MM-DD}', value: '2026-03-01', at: scheduledAt },
        { expression: '${TENANT}', value: 'north', at: scheduledAt },
        { expression: '${secret:KEY}', value: '***', at: scheduledAt },
        { expression: '${T-1d:YYYY-MM-DD}', value: '2026-02-28', at: scheduledAt },
      ],
    });
  });
  it('reports nothing of the body of a confidential job', async () => {
    const taskConfig = { ...TASK, body: sealedAs('body') };
    const { jobSnapshot } = await expectedOf({}, { open: {}, versions: [{ confidential: true, taskConfig }] });
    expect(jobSnapshot).to.deep.include({ body: { sealed: true } });
  });
  it('is by the newest definition while it waits, then by the one that it was claimed by', async () => {
    const versions = [{ name: 'old' }, { name: 'new' }];
    const nameOf = async (requested: Partial<Asked>, open?: Partial<OpenExecution>): Promise<string | undefined> =>
      (await expectedOf(requested, { versions, ...(open === undefined ? {} : { open }) })).jobSnapshot?.name;
    expect(await nameOf({}, {})).to.equal('new');
    expect(await nameOf(running, { state: 'running' })).to.equal('old');
    expect(await nameOf(lost)).to.equal('old');
    expect(await nameOf({}, { rerunOf: 5, definitionRevision: 0 })).to.equal('old');
  });
  it('leaves a variable as it is written that was set after the call began', async () => {
    const application = { variables: [variable('TENANT', 'south', laterAt)] };
    const urlOf = async (requested: Partial<Asked>): Promise<string | undefined> =>
      HttpSnapshot.parse((await expectedOf(requested, { application, open: {} })).jobSnapshot).url;
    expect(await urlOf({})).to.include('of=south');
    expect(await urlOf(running)).to.include('of=${TENANT}');
    expect(await urlOf(lost)).to.include('of=${TENANT}');
  });
  it("is unknown if it can't be determined, was recorded, or is never sent", async () => {
    expect(await expectedOf({}, { open: {}, application: { variables: [] } })).to.deep.equal({});
    expect(await expectedOf({ ...lost, rerunOf: 5 })).to.deep.equal({});
    expect(await expectedOf({ status: 'cancelled' })).to.deep.equal({});
    const { jobSnapshot } = await expectedOf({}, { open: {} });
    expect(await expectedOf({ ...running, jobSnapshot: jobSnapshot ?? null })).to.deep.equal({});
  });
});

describe('what a pending execution waits for', () => {
  const waits = async (given: Given): Promise<string | undefined> => (await expectedOf({}, given)).waitsFor;
  const limited = {
    application: { limits: [{ name: 'crm', parallel: 1, updatedAt: bornAt, updatedBy: 'ann' }] },
    versions: [{ limit: 'crm' }],
  };

  it('is its limit if that has no room, for any trigger', async () => {
    expect(await waits({ ...limited, open: {}, hasRoom: false })).to.equal('LIMIT');
    expect(await waits({ ...limited, open: {} })).to.equal(undefined);
    expect(await waits({ open: {}, hasRoom: false })).to.equal(undefined);
  });
  it('is the end of a pause if it is under one', async () => {
    expect(await waits({ ...limited, open: {}, hasRoom: false, isPaused: true })).to.equal('PAUSED');
    expect(await waits({ open: { forced: true }, isPaused: true })).to.equal(undefined);
  });
});
