import { expect } from 'chai';
import fc from 'fast-check';
import type { Commands } from '../../../../src/commands/index.ts';
import type { ReadModels } from '../../../../src/commands/read-models.ts';
import {
  type ApplicationState,
  applicationAfter,
  decideBeginDeletion,
  decideCancelApplicationDeletion,
  decideDeleteApplication,
} from '../../../../src/domain/application.ts';
import { DomainError } from '../../../../src/domain/domain-error.ts';
import type { ApplicationEvent } from '../../../../src/domain/events/index.ts';
import { keysStream } from '../../../../src/domain/streams.ts';
import { createStreamQueues } from '../../../../src/event-store/append-with-retry.ts';
import { LOG_START, type RecordedEvent } from '../../../../src/event-store/port.ts';
import { readable } from '../../../../src/event-store/read-log.ts';
import { createSealer } from '../../../../src/secrets/sealer.ts';
import { anApplication, applicationCreated, sealedAs } from '../../../support/applications.ts';
import { codec } from '../../../support/codec.ts';
import { asAnn, commandsOver, inMemory, jobInput, memoryLog, storeOver } from '../../../support/engines.ts';
import { specOf } from '../../../support/given.ts';
import type { MemoryLog } from '../../../support/memory-log.ts';
import { NO_USES } from '../../../support/none.ts';
import { testRing, testUse } from '../../../support/sealing.ts';
import { manualWorld } from '../../../support/world.ts';

const { given } = specOf<ApplicationState, ApplicationEvent>({ status: 'absent' }, (_state, event) =>
  applicationAfter(event),
);

const at = '2026-03-02T10:00:00.000Z';
const nowMs = Date.parse(at);
const actor = { type: 'user', name: 'bob' } as const;
const owner = { applicationId: 3, tenant: 'acme' };
const changed = { updatedAt: at, updatedBy: 'bob' };

const begin =
  (expectedRevision?: number, tenant = 'acme') =>
  (state: ApplicationState) =>
    decideBeginDeletion(
      { ...owner, tenant, actor, ...(expectedRevision === undefined ? {} : { expectedRevision }) },
      { state, revision: 4 },
      nowMs,
    );
const begun = (): ApplicationEvent => ({ type: 'ApplicationDeletionStarted', data: anApplication() });
const deleted = (): ApplicationEvent => ({ type: 'ApplicationDeleted', data: anApplication() });

describe('begin to delete an application', () => {
  it('reports it, once', () => {
    given(applicationCreated())
      .when(begin())
      .thenOnce({ type: 'ApplicationDeletionStarted', data: anApplication(changed) });
    given(begun()).when(begin()).thenNothing();
  });
  it('is rejected if there is no such application any more, or it is another tenant’s', () => {
    given().when(begin()).thenRejected('APPLICATION_NOT_FOUND');
    given(deleted()).when(begin()).thenRejected('APPLICATION_NOT_FOUND');
    given(applicationCreated()).when(begin(4, 'other')).thenRejected('APPLICATION_NOT_FOUND');
  });
  it('is rejected if the caller saw another revision', () => {
    given(applicationCreated()).when(begin(3)).thenRejected('STALE_REVISION');
    given(applicationCreated())
      .when(begin(4))
      .then({ type: 'ApplicationDeletionStarted', data: anApplication(changed) });
  });
});

describe('delete an application', () => {
  const remove = (begunAt: number, revision: number) => (state: ApplicationState) =>
    decideDeleteApplication({ actor, begunAt, generation: 2 }, { state, revision }, nowMs);
  it('records it without its values, and which data key goes with it', () => {
    const full = anApplication({
      variables: [{ name: 'A', value: '1', ...changed }],
      secrets: [{ name: 'KEY', value: sealedAs('k'), ...changed }],
      limits: [{ name: 'l', parallel: 1, ...changed }],
    });
    given({ type: 'ApplicationDeletionStarted', data: full })
      .when(remove(4, 4))
      .then({ type: 'ApplicationDeleted', data: { ...anApplication(changed), erasedGeneration: 2 } });
  });
  it('records nothing if something came after its jobs were looked up, be it another deletion', () => {
    given(begun()).when(remove(4, 6)).thenNothing();
    given(applicationCreated()).when(remove(4, 4)).thenNothing();
    given(deleted()).when(remove(4, 4)).thenNothing();
  });
});

describe('keep an application', () => {
  it('calls a deletion off that has begun, and no other', () => {
    given(begun())
      .when(decideCancelApplicationDeletion)
      .thenOnce({ type: 'ApplicationDeletionCancelled', data: anApplication() });
    given(applicationCreated()).when(decideCancelApplicationDeletion).thenNothing();
    given(deleted()).when(decideCancelApplicationDeletion).thenNothing();
    given().when(decideCancelApplicationDeletion).thenNothing();
  });
});

const eventsOf = (log: MemoryLog): RecordedEvent[] => {
  return log.page({ after: LOG_START }).events.flatMap((raw) => readable(codec.decode(raw)) ?? []);
};

/** As read models tell that have caught up with the log. */
const usesIn = (log: MemoryLog): ReadModels => ({
  ...NO_USES,
  usesOfApplication: async ({ applicationId }) => {
    const living = new Map<number, string>();
    for (const { type, data } of eventsOf(log)) {
      if (type === 'JobCreated' && data.applicationId === applicationId) living.set(data.jobId, data.name);
      if (type === 'JobDeleted') living.delete(data.jobId);
    }
    const first = [...living].map(([jobId, name]) => ({ jobId, name }));
    return { jobs: { first, total: first.length }, executions: { first: [], total: 0 } };
  },
});

const codeOf = (error: unknown): string => {
  if (error instanceof DomainError) return error.code;
  throw error;
};

describe('the command that deletes an application', () => {
  const start = async () => {
    const { world, log, store } = inMemory();
    const sealer = createSealer({ store, world, ring: testRing, lanes: createStreamQueues() });
    const secrets = {
      ...sealer,
      seal: async () => (await sealer.freshKeysOf('acme', 1)).seal('hush', testUse),
      open: () => Promise.reject(new Error('no secret is opened here')),
      sealResult: () => Promise.reject(new Error('no result is sealed here')),
    };
    const commands = commandsOver(store, world, { readModels: usesIn(log), secrets });
    const { value } = await commands.createApplication(asAnn, { name: 'crm' });
    return { log, commands, store, applicationId: value.applicationId };
  };

  it('frees its name, erases its data key, and is rejected the second time', async () => {
    const { commands, store, applicationId } = await start();
    await commands.setSecret(asAnn, applicationId, 'KEY', { value: 'hush hush hush' });
    await commands.deleteApplication(asAnn, applicationId, {});
    expect(await store.readLast([keysStream(applicationId, 1)])).to.deep.equal([undefined]);
    const again = await commands.createApplication(asAnn, { name: 'crm' });
    expect(again.value.applicationId).to.not.equal(applicationId);
    const second = await commands.deleteApplication(asAnn, applicationId, {}).catch(codeOf);
    expect(second).to.equal('APPLICATION_NOT_FOUND');
  });

  it('names the jobs that it has, and records nothing', async () => {
    const { log, commands, applicationId } = await start();
    const { value } = await commands.createJob(asAnn, jobInput(applicationId));
    const before = eventsOf(log).length;
    const rejected = await commands.deleteApplication(asAnn, applicationId, {}).catch(String);
    expect(rejected).to.contain(`has the job ${value.job.jobId} (sync): first delete its jobs`);
    expect(eventsOf(log)).to.have.length(before);
    await commands.deleteJob(asAnn, value.job.jobId, {});
    await commands.deleteApplication(asAnn, applicationId, {});
    const created = await commands.createJob(asAnn, jobInput(applicationId)).catch(codeOf);
    expect(created).to.equal('UNKNOWN_APPLICATION');
  });

  it('changes nothing of a deleted one', async () => {
    const { commands, applicationId } = await start();
    await commands.deleteApplication(asAnn, applicationId, {});
    const changes = [
      commands.updateApplication(asAnn, applicationId, { displayName: 'again' }),
      commands.setVariable(asAnn, applicationId, 'A', { value: '1' }),
      commands.setSecret(asAnn, applicationId, 'KEY', { value: 'hush hush' }),
      commands.setLimit(asAnn, applicationId, 'l', { parallel: 1 }),
      commands.eraseSecrets(asAnn, applicationId),
    ];
    const codes = await Promise.all(changes.map((change) => change.then(String, codeOf)));
    expect(new Set(codes)).to.deep.equal(new Set(['APPLICATION_NOT_FOUND']));
  });

  it('never deletes the application of a confirmed job', async () => {
    await fc.assert(
      fc.asyncProperty(fc.infiniteStream(fc.nat(40)), async (turns) => {
        const manual = manualWorld();
        const world = { ...manual, timers: { ...manual.timers, sleep: async () => {} } };
        const log = memoryLog(world);
        /** Each call to the log waits for as many turns as are drawn for it. */
        const before = async (): Promise<void> => {
          for (let left = turns.next().value ?? 0; left > 0; left--) await undefined;
        };
        const uses = usesIn(log);
        const aProcess = () => commandsOver(storeOver(log, { before }), world, { readModels: uses });
        const [first, second, third, fourth] = [aProcess(), aProcess(), aProcess(), aProcess()] as const;
        const { value } = await first.createApplication(asAnn, { name: 'crm' });
        const { applicationId } = value;
        const create = (of: Commands, name: string) =>
          of.createJob(asAnn, jobInput(applicationId, { name })).then(({ value: { job } }) => job.jobId, codeOf);
        const remove = (of: Commands) =>
          of.deleteApplication(asAnn, applicationId, {}).then(() => 'deleted' as const, codeOf);
        const [created, other, ...removed] = await Promise.all([
          create(first, 'a'),
          create(second, 'b'),
          remove(third),
          remove(fourth),
        ]);
        const isDeleted = eventsOf(log).some(({ type }) => type === 'ApplicationDeleted');
        const living = (await uses.usesOfApplication({ tenant: 'acme', applicationId })).jobs.first;
        const responded = [created, other].filter((each) => typeof each === 'number');
        expect(living.map(({ jobId }) => jobId).sort()).to.deep.equal(responded.sort());
        expect(isDeleted && living.length > 0).to.equal(false);
        expect(removed.filter((each) => each === 'deleted')).to.have.length(isDeleted ? 1 : 0);
        if (responded.length === 0)
          expect([created, other]).to.deep.equal(['UNKNOWN_APPLICATION', 'UNKNOWN_APPLICATION']);
      }),
      { numRuns: 60 },
    );
  });
});
