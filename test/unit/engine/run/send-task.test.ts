import { expect } from 'chai';
import { createSensitiveNames } from '../../../../src/domain/redaction/index.ts';
import type { CallOutcome } from '../../../../src/engine/call/index.ts';
import type { Opener } from '../../../../src/engine/run/prepare-call.ts';
import { createRunTask } from '../../../../src/engine/run/send-task.ts';
import { LogUnavailable } from '../../../../src/event-store/errors.ts';
import { aJob } from '../../../support/jobs.ts';
import { manualWorld } from '../../../support/world.ts';

const opener: Opener = {
  task: ({ taskConfig: { headers: _, auth: __, body: ___, ...task } }) => ({ task, secrets: [] }),
  secret: () => '',
  tlsKey: () => '',
  seal: () => ({ $sealed: { generation: 1, box: '', fingerprint: '' } }),
};

const claim = {
  tenant: 'acme',
  applicationId: 3,
  jobId: 7,
  executionId: 1,
  trigger: 'schedule' as const,
  scheduledAt: '2026-03-01T09:00:00.000Z',
  createdAt: '2026-03-01T09:00:00.000Z',
  attempt: 1,
  engineId: 'e1',
  jobRevision: 0,
  tail: { jobRevision: 0, cursor: '2026-03-01T09:00:00.000Z', runs: 1, open: [] },
};

const outcomeOf = (called: CallOutcome) => {
  const caller = { call: async () => called, close: async () => {} };
  const run = createRunTask({
    names: createSensitiveNames(),
    maxTimeoutMs: 1_800_000,
    completionUrlOf: () => 'https://carillon.test/complete',
    world: manualWorld(),
    caller,
    openerOf: async () => opener,
  });
  const values = async () => ({ variables: new Map(), secrets: new Map() });
  return run({
    claim,
    definition: aJob(),
    values,
    signingKeys: [],
    tls: [],
    signal: AbortSignal.abort(),
    mayStillCall: () => true,
  });
};

describe('a call that the engine broke off at its stop', () => {
  it('is known not to have been made where it was not sent', async () => {
    const outcome = await outcomeOf({ kind: 'aborted', finishedAtMs: 2 });
    expect(outcome).to.deep.include({ kind: 'failed', reason: 'ENGINE_STOPPED' });
    expect(outcome).to.have.nested.property('error.code', 'ENGINE_STOPPED');
  });
  it('has an unknown outcome where it was sent', async () => {
    const outcome = await outcomeOf({ kind: 'aborted', startedAtMs: 1, finishedAtMs: 2 });
    expect(outcome).to.have.nested.property('error.code', 'OUTCOME_UNKNOWN');
  });
});

describe('a call whose application’s keys can not be read', () => {
  const start = (failures: number) => {
    const world = manualWorld();
    let left = failures;
    const sent: string[] = [];
    const run = createRunTask({
      names: createSensitiveNames(),
      maxTimeoutMs: 1_800_000,
      completionUrlOf: () => 'https://carillon.test/complete',
      world,
      caller: {
        call: async ({ url }) => {
          sent.push(url.href);
          return { kind: 'aborted', finishedAtMs: 2 };
        },
        close: async () => {},
      },
      openerOf: async () => {
        if (left-- > 0) throw new LogUnavailable();
        return opener;
      },
    });
    const stop = new AbortController();
    const values = async () => ({ variables: new Map(), secrets: new Map() });
    const outcome = run({
      claim,
      definition: aJob(),
      values,
      signingKeys: [],
      tls: [],
      signal: stop.signal,
      mayStillCall: () => true,
    });
    return { world, sent, stop, outcome };
  };

  it('is made once the log can be read: trouble of the log is no failure of the job', async () => {
    const { world, sent, outcome } = start(5);
    await world.advance(3_000);
    await outcome;
    expect(sent).to.have.length(1);
  });
  it('is told as not made where the engine stops before', async () => {
    const { world, sent, stop, outcome } = start(Number.POSITIVE_INFINITY);
    await world.advance(3_000);
    stop.abort();
    await world.advance(0);
    expect(await outcome).to.have.nested.property('error.code', 'ENGINE_STOPPED');
    expect(sent).to.deep.equal([]);
  });
});

describe('the timeout of a call', () => {
  it('is the operator’s largest where the job asks for more', async () => {
    const asked: number[] = [];
    const run = createRunTask({
      names: createSensitiveNames(),
      maxTimeoutMs: 60_000,
      completionUrlOf: () => 'https://carillon.test/complete',
      world: manualWorld(),
      caller: {
        call: async ({ timeoutMs }) => {
          asked.push(timeoutMs);
          return { kind: 'aborted', finishedAtMs: 2 };
        },
        close: async () => {},
      },
      openerOf: async () => opener,
    });
    const values = async () => ({ variables: new Map(), secrets: new Map() });
    const of = {
      claim,
      values,
      signingKeys: [],
      tls: [],
      signal: new AbortController().signal,
      mayStillCall: () => true,
    };
    for (const timeout of [1_800_000, 5_000, '5s', undefined]) {
      const { taskConfig } = aJob();
      await run({ ...of, definition: aJob({ taskConfig: { ...taskConfig, ...(timeout && { timeout }) } }) });
    }
    expect(asked).to.deep.equal([60_000, 5_000, 5_000, 30_000]);
  });
});
