import { expect } from 'chai';
import type { ApplicationSource } from '../../../src/bootstrap/definitions.ts';
import { createSync, type SyncDeps, type SyncRequest } from '../../../src/bootstrap/sync.ts';
import type { Commands } from '../../../src/commands/index.ts';
import { JobFields } from '../../../src/commands/job/job-input.ts';
import { DomainError } from '../../../src/domain/domain-error.ts';
import type { JobDefinition } from '../../../src/domain/events/index.ts';
import { application, fakeCommands, jobView, job as storedJob } from '../../support/http.ts';
import { stub } from '../../support/stub.ts';
import { manualWorld } from '../../support/world.ts';

const SYNC = 'bootstrap:crm';
const owned: JobDefinition = {
  ...storedJob,
  taskConfig: { url: 'https://example.com/sync', method: 'POST' },
  createdBy: SYNC,
  updatedBy: SYNC,
};
const file = {
  name: owned.name,
  pattern: '30 2 * * *',
  taskType: 'HttpInvokerTask',
  taskConfig: { url: 'https://example.com/sync', method: 'POST' },
};

const request = (mode: SyncRequest['mode'] = 'apply'): SyncRequest => ({
  sources: [{ folder: 'crm', application: { name: 'crm', displayName: 'CRM' }, jobs: [file] }],
  mode,
  tenantFor: (requested) => requested ?? 'default',
  origin: { correlationId: 'c-1' },
  catchUpMs: 1_000,
});

const planOf = (jobs: readonly unknown[]): SyncRequest => ({
  ...request('plan'),
  sources: [{ folder: 'crm', application: { name: 'crm', displayName: 'CRM' }, jobs }],
});

type Changes = {
  commands?: Partial<Commands>;
  check?: SyncDeps['checks']['check'];
  jobs?: () => JobDefinition[];
  behind?: boolean;
};

const syncing = (changes: Changes) => {
  const world = manualWorld();
  const { jobs = () => [owned] } = changes;
  const { applicationId: id, name, displayName, ...stamps } = application;
  const deps: SyncDeps = {
    commands: stub<Commands>({ ...fakeCommands, ...changes.commands }),
    queries: stub<SyncDeps['queries']>({
      listApplications: async () => ({ items: [{ id, name, displayName, ...stamps, revision: 0 }] }),
      listJobs: async () => ({ items: jobs().map((job) => ({ ...jobView, job })) }),
    }),
    checks: {
      receivers: async () => ({ receivers: [], warnings: [] }),
      check:
        changes.check ?? (async (_of, input) => ({ fields: JobFields.parse(input), warnings: [], missingSecrets: [] })),
      checkHooks: async () => [],
      seal: async (_fields, { previous }) => previous.taskConfig,
    },
    caughtUp: async () => changes.behind !== true,
    publicUrl: 'http://127.0.0.1:3000',
    world,
  };
  return { sync: createSync(deps), world };
};

describe('a sync', () => {
  it('changes a job only at the revision that it planned for, in the name of the sync', async () => {
    const requested: unknown[] = [];
    const { sync } = syncing({
      commands: {
        updateJob: (context, jobId, input, precondition) => {
          requested.push(context.actor, context.tenant, jobId, precondition);
          return fakeCommands.updateJob(context, jobId, input, precondition);
        },
      },
    });
    await sync(request());
    const actor = { type: 'bootstrap', name: 'crm' };
    expect(requested).to.deep.equal([actor, 'default', owned.jobId, { expectedRevision: jobView.revision }]);
  });

  it('clears what a file leaves out', async () => {
    let given: unknown;
    const { sync } = syncing({
      commands: {
        updateJob: (context, jobId, input, precondition) => {
          given = input;
          return fakeCommands.updateJob(context, jobId, input, precondition);
        },
      },
    });
    await sync(request());
    expect(given).to.include({ description: null, labels: null, startAt: null, timezone: 'UTC', enabled: true });
  });

  it('plans again if someone was quicker, and then leaves what they changed', async () => {
    let edited = false;
    const { sync, world } = syncing({
      commands: {
        updateJob: async () => {
          edited = true;
          throw new DomainError('STALE_REVISION', 'too late');
        },
      },
      jobs: () => [edited ? { ...owned, updatedBy: 'ann' } : owned],
    });
    const synced = sync(request());
    await world.advance(2_000);
    const [{ jobs } = { jobs: [] }] = (await synced).applications;
    const skipped = { name: owned.name, action: 'skip', id: owned.jobId, reason: 'manually modified', by: 'ann' };
    expect(jobs).to.have.length(1);
    expect(jobs[0]).to.include(skipped);
  });

  it('gives up on a conflict that does not end, and immediately on any other rejection', async () => {
    for (const [code, tries] of [
      ['CONTENTION', 12],
      ['TARGET_BLOCKED', 1],
    ] as const) {
      let tried = 0;
      const { sync, world } = syncing({
        commands: {
          updateJob: async () => {
            tried += 1;
            throw new DomainError(code, 'no');
          },
        },
      });
      const outcome = sync(request()).then(
        () => 'done',
        (error: unknown) => (error instanceof DomainError ? error.code : 'another error'),
      );
      await world.advance(60_000);
      expect([await outcome, tried]).to.deep.equal([code, tries]);
    }
  });

  it('states what was changed before something was rejected, and begins nothing after that', async () => {
    let tried = 0;
    const { sync } = syncing({
      commands: {
        createJob: async (context, input) => {
          tried += 1;
          if (tried === 3) throw new DomainError('TOO_MANY_JOBS', 'the tenant has the 2 jobs that it may have');
          return fakeCommands.createJob(context, input);
        },
      },
      jobs: () => [],
    });
    const jobs = Array.from({ length: 100 }, (_, at) => ({ ...file, name: `job-${at}` }));
    const rejected = await sync({ ...planOf(jobs), mode: 'apply' }).catch((error: unknown) => error);
    expect(rejected).to.have.property('code', 'TOO_MANY_JOBS');
    expect(rejected)
      .to.have.property('message')
      .that.matches(/may have; \d+ changes were already applied, and the next apply/);
    expect(tried).to.be.below(40);
  });

  it('neither creates nor deletes if only updates are wanted', async () => {
    const { sync } = syncing({ jobs: () => [{ ...owned, name: 'not in the file' }] });
    expect((await sync(request('updates'))).applications[0]?.jobs).to.deep.equal([]);
  });

  it('reads nothing before the read models have caught up', async () => {
    const rejected = await syncing({ behind: true })
      .sync(request('plan'))
      .then(
        () => 'done',
        (error: unknown) => (error instanceof DomainError ? error.code : 'another error'),
      );
    expect(rejected).to.equal('READ_MODELS_BEHIND');
  });

  const sourceOf = (name: string, size: number): ApplicationSource => ({
    folder: name,
    application: { name, displayName: name },
    jobs: Array.from({ length: size }, (_, at) => ({ ...file, name: `job-${at}` })),
  });
  for (const [what, sources] of [
    ['a large set', [sourceOf('crm', 200)]],
    ['many small sets', Array.from({ length: 100 }, (_, at) => sourceOf(`app-${at}`, 2))],
  ] as const) {
    it(`checks ${what} a few jobs at the same time, and lets others in between`, async () => {
      let under = 0;
      let most = 0;
      let judged = 0;
      const { sync } = syncing({
        check: async (_of, input) => {
          most = Math.max(most, ++under);
          await undefined;
          under -= 1;
          judged += 1;
          return { fields: JobFields.parse(input), warnings: [], missingSecrets: [] };
        },
      });
      const synced = sync({ ...request('plan'), sources });
      const turns: number[] = [];
      while (judged < 200) {
        await new Promise((resolve) => setImmediate(resolve));
        turns.push(judged);
      }
      await synced;
      expect(most).to.be.at.most(16);
      expect(turns.length).to.be.greaterThan(10);
    });
  }

  it('names the first thousand problems and checks nothing after them', async () => {
    let judged = 0;
    const { sync } = syncing({
      check: async () => {
        judged += 1;
        throw new DomainError('BAD_INPUT', 'x'.repeat(10), [{ pointer: '/name', message: 'is wrong' }]);
      },
    });
    const jobs = Array.from({ length: 5_000 }, () => 0);
    const rejected = await sync(planOf(jobs)).catch((error: unknown) => error);
    expect(rejected).to.have.property('errors').that.has.length(1_000);
    expect(judged).to.be.below(1_100);
  });

  it('rejects the name of a new application that could not be created, in a plan too', async () => {
    const { sync } = syncing({});
    const sources = [{ folder: 'crm', application: { name: 'crm/eu', displayName: 'CRM' }, jobs: [] }];
    const rejected = await sync({ ...request('plan'), sources }).catch((error: unknown) => error);
    expect(rejected).to.have.nested.property('errors[0].message').that.contains('must not contain /');
  });

  it('takes at most 10,000 jobs of an application', async () => {
    const { sync } = syncing({});
    const jobs = Array.from({ length: 10_001 }, () => 0);
    const rejected = await sync(planOf(jobs)).catch((error: unknown) => error);
    expect(rejected).to.have.property('message', 'nothing was applied:\ncrm/jobs.json: at most 10000 jobs');
  });
});
