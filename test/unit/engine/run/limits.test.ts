import { expect } from 'chai';
import type { EventOf, OpenExecution } from '../../../../src/domain/events/index.ts';
import { rulesOf } from '../../../../src/domain/job/rules.ts';
import type { EngineSetup } from '../../../../src/engine/context.ts';
import type { EngineState } from '../../../../src/engine/engine-state.ts';
import type { CallLimit, KnownApplication, ValueTable } from '../../../../src/engine/jobs/application-values.ts';
import { createLimits } from '../../../../src/engine/run/limits.ts';
import { createOpenCalls } from '../../../../src/engine/run/open-calls.ts';
import type { RecordedEvent } from '../../../../src/event-store/port.ts';
import { aLimitedJob, type ChangedJob } from '../../../support/limited-jobs.ts';
import { stub } from '../../../support/stub.ts';
import { manualWorld, settle } from '../../../support/world.ts';

const AT = '2026-01-01T00:00:00.000Z';
const ONE: CallLimit = { parallel: 1, rate: undefined };

/** What the engine `mine` holds jobs of one limit to; each job makes one call at a time. */
const given = (first: CallLimit) => {
  const world = manualWorld();
  let limit: CallLimit | undefined = first;
  const limits = createLimits(stub<EngineSetup>({ engineId: 'mine', world }), {
    values: stub<ValueTable>({
      of: () => stub<KnownApplication>({ limits: new Map(limit && [['crm', limit]]) }),
    }),
    state: stub<EngineState>({ isStarting: () => false }),
    calls: createOpenCalls(),
  });
  const jobs = new Map<number, ChangedJob>();
  const jobOf = (jobId: number): ChangedJob => {
    const job = jobs.get(jobId) ?? aLimitedJob(jobId);
    if (!jobs.has(jobId)) limits.take(job);
    jobs.set(jobId, job);
    return job;
  };
  const open = (jobId: number, execution: OpenExecution | undefined): void => {
    const job = jobOf(jobId);
    job.runs = { ...job.runs, open: execution === undefined ? [] : [execution] };
    limits.take(job);
  };
  const claimOf = (jobId: number, engineId: string) => {
    const claim = { executionId: jobId, attempt: 1, trigger: 'schedule' as const, scheduledAt: AT, createdAt: AT };
    return { ...claim, engineId };
  };
  return {
    world,
    limits,
    jobOf,
    set: (to: CallLimit | undefined) => (limit = to),
    /** A claim is appended, and this engine knows the tail after it. */
    claim: (jobId: number, engineId = 'mine'): void => open(jobId, { ...claimOf(jobId, engineId), state: 'running' }),
    /** The subscription brings the claim. */
    hear: (jobId: number, engineId = 'mine'): void => {
      const data = { tenant: 'acme', applicationId: 3, jobId, jobRevision: 0, ...claimOf(jobId, engineId) };
      const tail = { jobRevision: 0, cursor: AT, runs: 1, open: [] };
      const event: EventOf<'ExecutionStarted'> = { type: 'ExecutionStarted', data: { ...data, tail } };
      const recorded: RecordedEvent<EventOf<'ExecutionStarted'>> = {
        ...event,
        id: `${jobId}`,
        metadata: { actor: { type: 'engine', name: engineId }, correlationId: 'c1' },
        stream: `runs-${jobId}`,
        revision: 1,
        position: '1',
        recordedAt: 0,
      };
      limits.heard(jobOf(jobId), recorded);
    },
    end: (jobId: number): void => open(jobId, undefined),
    /** Whether the call of a claim may go out. */
    turn: (jobId: number) => {
      let may = false;
      const claim = { jobId, executionId: jobId, attempt: 1 };
      void limits.untilTurn(claim).then(() => {
        may = true;
      });
      return async () => {
        await settle();
        return may;
      };
    },
    send: (jobId: number): void => limits.sent({ jobId, executionId: jobId, attempt: 1 }),
    nextIds: () => limits.next(() => true).map(({ jobId }) => jobId),
  };
};

describe('limits: which jobs claim', () => {
  it('has room until as many calls are in progress or about to be claimed as it allows', () => {
    const { limits, jobOf, claim, end } = given({ parallel: 2, rate: undefined });
    expect(limits.admit(jobOf(1), 100)).to.equal(true);
    expect(limits.admit(jobOf(2), 100)).to.equal(true);
    expect(limits.admit(jobOf(3), 100)).to.equal(false);
    claim(1);
    limits.settled(jobOf(1));
    expect(limits.admit(jobOf(3), 100)).to.equal(false);
    end(1);
    expect(limits.nextInMs()).to.equal(0);
  });
  it('counts calls of other engines', () => {
    const { limits, jobOf, claim } = given(ONE);
    claim(1, 'other');
    expect(limits.admit(jobOf(2), 100)).to.equal(false);
  });
  it('lets those that wait go in order of due time, and none before them', () => {
    const { limits, jobOf, claim, end, nextIds } = given(ONE);
    claim(1);
    for (const [jobId, dueMs] of [
      [2, 300],
      [3, 100],
      [4, 200],
    ] as const)
      expect(limits.admit(jobOf(jobId), dueMs)).to.equal(false);
    end(1);
    expect(limits.admit(jobOf(5), 400)).to.equal(false);
    const order: number[] = [];
    while (limits.nextInMs() === 0) {
      const [jobId = 0] = nextIds();
      order.push(jobId);
      limits.settled(jobOf(jobId));
    }
    expect(order).to.deep.equal([3, 4, 2, 5]);
  });
  it('passes over those that want nothing any more', () => {
    const { limits, jobOf, claim, end } = given(ONE);
    claim(1);
    limits.admit(jobOf(2), 100);
    limits.admit(jobOf(3), 200);
    end(1);
    expect(limits.next(({ jobId }) => jobId !== 2).map(({ jobId }) => jobId)).to.deep.equal([3]);
    expect(limits.waits(jobOf(2))).to.equal(false);
  });
  it('forgets what a job waits for that names another limit, or none', () => {
    const { limits, jobOf, claim } = given(ONE);
    claim(1);
    limits.admit(jobOf(2), 100);
    const job = jobOf(2);
    job.rules = rulesOf({});
    limits.take(job);
    expect(limits.waits(job)).to.equal(false);
    expect(limits.admit(job, 100)).to.equal(true);
  });
  it('holds a job to nothing while its application has no such limit', () => {
    const { limits, jobOf, claim, set } = given(ONE);
    claim(1);
    set(undefined);
    expect(limits.admit(jobOf(2), 100)).to.equal(true);
  });
});

describe('limits: when a claim is called', () => {
  it('waits until the subscription has brought it', async () => {
    const { claim, hear, turn } = given(ONE);
    claim(1);
    const may = turn(1);
    expect(await may()).to.equal(false);
    hear(1);
    expect(await may()).to.equal(true);
  });
  it('waits for the claims before it, whichever engine made them, and for none after it', async () => {
    const { claim, hear, end, turn } = given(ONE);
    claim(1, 'other');
    hear(1, 'other');
    claim(2);
    hear(2);
    claim(3, 'other');
    hear(3, 'other');
    const may = turn(2);
    expect(await may()).to.equal(false);
    end(1);
    expect(await may()).to.equal(true);
  });
  it('continues when its cancellation is requested, which its call then sees', async () => {
    const { limits, jobOf, claim, turn } = given(ONE);
    claim(1);
    const may = turn(1);
    const job = jobOf(1);
    const cancelRequested = { at: AT, reason: 'CANCELLED' as const };
    job.runs = { ...job.runs, open: job.runs.open.map((each) => ({ ...each, cancelRequested })) };
    limits.take(job);
    expect(await may()).to.equal(true);
  });
});

describe('limits: rates', () => {
  const rate: CallLimit = { parallel: undefined, rate: { count: 2, perMs: 1_000 } };

  it('count a call from when it is sent, and until then as well', async () => {
    const { world, limits, jobOf, claim, end, send } = given(rate);
    for (const jobId of [1, 2]) {
      claim(jobId);
      expect(limits.admit(jobOf(9), 100)).to.equal(jobId === 1);
      limits.settled(jobOf(9));
    }
    await world.advance(5_000);
    expect(limits.nextInMs()).to.equal(Number.POSITIVE_INFINITY);
    send(1);
    send(2);
    end(1);
    end(2);
    expect(limits.nextInMs()).to.equal(1_000);
    await world.advance(1_000);
    expect(limits.nextInMs()).to.equal(0);
  });
  it('hold a claim back while the calls before it are as many as they allow', async () => {
    const { world, claim, hear, send, turn } = given(rate);
    for (const jobId of [1, 2, 3]) {
      claim(jobId);
      hear(jobId);
    }
    const may = turn(3);
    expect(await may()).to.equal(false);
    send(1);
    send(2);
    expect(await may()).to.equal(false);
    await world.advance(1_000);
    expect(await may()).to.equal(true);
  });
  it('do not count a call that was never sent', () => {
    const { limits, jobOf, claim, end } = given({ parallel: undefined, rate: { count: 1, perMs: 1_000 } });
    claim(1);
    end(1);
    expect(limits.admit(jobOf(2), 100)).to.equal(true);
  });
  it('count what other engines claim, once, and what began before', async () => {
    const { world, limits, jobOf, claim, hear, end } = given(rate);
    limits.began(jobOf(1), 600);
    claim(2, 'other');
    expect(limits.admit(jobOf(3), 100)).to.equal(false);
    hear(2, 'other');
    end(2);
    await world.advance(400);
    expect(limits.next(() => true)).to.have.length(1);
    expect(limits.admit(jobOf(4), 100)).to.equal(false);
  });
  it('are what those wait for that are next', () => {
    const { limits, jobOf } = given(rate);
    for (const forMs of [900, 200]) limits.began(jobOf(1), forMs);
    expect(limits.rated().map(({ perMs }) => perMs)).to.deep.equal([1_000]);
    expect(limits.admit(jobOf(2), 100)).to.equal(false);
    expect(limits.nextInMs()).to.equal(100);
  });
});
