import { expect } from 'chai';
import { OperationView } from '../../src/projections/queries/records/operations.ts';
import { type AService, aService } from '../support/a-service/a-service.ts';
import type { ApiAnswer } from '../support/api.ts';
import { describeOnLogs } from '../support/logs.ts';

describeOnLogs('the service: bulk operations', (log) => {
  let service: AService;
  let applicationId: number;
  const api = () => service.as();

  before(async () => {
    service = await aService().onLog(log).withApplication('many').start();
    applicationId = service.applicationId('many');
  });
  after(() => service.stop());

  const createJob = (name: string, other: object = {}, path = '/ok'): Promise<number> =>
    service.addJob({ name, pattern: '0 2 * * *', path, ...other });
  const ended = ({ status, headers, body }: ApiAnswer) => {
    expect([status, body.detail]).to.deep.equal([202, undefined]);
    expect(headers.get('location')).to.equal(`/_/scheduler/operations/${body.id}`);
    return service.eventually(async () => {
      const { body: shown } = await api().get(`/operations/${body.id}`);
      return shown.endedAt === undefined ? undefined : shown;
    });
  };
  const enabled = async (ids: readonly number[]) =>
    Promise.all(ids.map(async (id) => (await api().get(`/jobs/${id}`)).body.enabled));

  it('changes all jobs that match, and no others', async () => {
    const labels = { team: 'crm', stage: 'test' };
    const mine = [await createJob('a-1', { labels }), await createJob('a-2', { labels })];
    const others = [await createJob('b-1', { labels: { team: 'crm' } }), await createJob('b-2')];
    const bulk = { action: 'disable', filter: { labels }, reason: 'Moving' };
    const dry = await api().post('/jobs/bulk', { ...bulk, dryRun: true });
    expect([dry.status, dry.body]).to.deep.equal([200, { count: 2 }]);
    expect(await enabled(mine)).to.deep.equal([true, true]);

    const operation = await ended(await api().post('/jobs/bulk', bulk));
    expect(operation).to.deep.include({ of: 'jobs', ...bulk, status: 'completed', total: 2, done: 2, rejected: {} });
    expect(operation.createdBy).to.equal('ann');
    expect(await enabled([...mine, ...others])).to.deep.equal([false, false, true, true]);
    expect((await api().get(`/jobs/${mine[0]}`)).body.updatedBy).to.equal('ann');
    expect((await api().get('/operations')).body[0]).to.deep.equal(operation);

    await ended(await api().post('/jobs/bulk', { action: 'enable', filter: { applicationId, name: 'A-*' } }));
    expect(await enabled(mine)).to.deep.equal([true, true]);
    await ended(await api().post('/jobs/bulk', { action: 'delete', filter: { labels } }));
    expect((await api().get(`/jobs/${mine[1]}`)).status).to.equal(404);
    expect((await api().get(`/jobs/${others[0]}`)).status).to.equal(200);
  });

  it('triggers jobs once each, and cancels and repeats executions', async () => {
    const silent = [await createJob('s-1', {}, '/silent'), await createJob('s-2', {}, '/silent')];
    const triggered = await ended(
      await api().post('/jobs/bulk', { action: 'trigger', filter: { name: 's-*', state: 'active' } }),
    );
    expect([triggered.done, triggered.status]).to.deep.equal([2, 'completed']);
    const of = async (id: number | undefined) => (await api().get(`/jobs/${id}/executions`)).body;
    const [first] = await of(silent[0]);
    expect(first).to.include({ trigger: 'manual', createdBy: 'ann' });
    expect([(await of(silent[0])).length, (await of(silent[1])).length]).to.deep.equal([1, 1]);

    const cancel = { action: 'cancel', filter: { applicationId } };
    expect((await api().post('/executions/bulk', { ...cancel, dryRun: true })).body).to.deep.equal({ count: 2 });
    const cancelled = await ended(await api().post('/executions/bulk', cancel));
    expect([cancelled.done, cancelled.rejected]).to.deep.equal([2, {}]);
    expect((await api().get(`/executions/${first.id}`)).body).to.include({ status: 'cancelled' });

    const again = { action: 'rerun', filter: { jobId: silent[0], status: 'cancelled' } };
    expect((await ended(await api().post('/executions/bulk', again))).done).to.equal(1);
    const [rerun, ...earlier] = await of(silent[0]);
    expect([rerun.rerunOf, rerun.scheduledAt, earlier.length]).to.deep.equal([first.id, first.scheduledAt, 1]);
    await ended(await api().post('/executions/bulk', { action: 'cancel', filter: { all: true } }));
  });

  it('selects jobs by ids and names, and changes their labels', async () => {
    const [one, two, three] = [
      await createJob('l-1', { labels: { team: 'crm', old: 'yes' } }),
      await createJob('l-2'),
      await createJob('l-3'),
    ];
    const filter = { jobIds: [one, 'many/l-2'] };
    const change = { action: 'label', labels: { stage: 'test', old: null }, filter };
    const operation = await ended(await api().post('/jobs/bulk', change));
    expect(operation).to.deep.include({ done: 2, labels: change.labels, filter: { jobIds: [one, two] } });
    const shown = await Promise.all([one, two, three].map(async (id) => (await api().get(`/jobs/${id}`)).body.labels));
    expect(shown).to.deep.equal([{ team: 'crm', stage: 'test' }, { stage: 'test' }, undefined]);

    const { body: run } = await api().post(`/jobs/${one}/trigger`);
    const again = { action: 'rerun', filter: { executionIds: [run.id] }, dryRun: true };
    expect((await api().post('/executions/bulk', again)).body).to.deep.equal({ count: 1 });

    const { body: problem } = await api().post('/jobs/bulk', { action: 'enable', filter: { jobIds: ['many/nobody'] } });
    expect([problem.code, problem.errors?.[0].pointer]).to.deep.equal(['UNKNOWN_JOB', '/filter/jobIds/0']);
  });

  it('stops the jobs that it disables immediately, and explains their slots', async () => {
    const labels = { each: 'second' };
    const ids: number[] = [];
    for (let each = 0; each < 3; each++)
      ids.push(await createJob(`h-${each}`, { labels, pattern: '* * * * * *' }, '/echo'));
    const [first = 0, , third = 0] = ids;
    await service.eventually(async () =>
      (await api().get(`/jobs/${third}/executions?status=succeeded`)).body.length > 0 ? true : undefined,
    );
    const traceparent = `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`;
    const bulk = { action: 'disable', filter: { labels }, reason: 'Moving' };
    const requested = await api().post('/jobs/bulk', bulk, { traceparent });
    const pauseId = requested.body.pauseId;
    expect(requested.body).to.deep.equal(OperationView.parse(requested.body));
    expect(requested.headers.get('carillon-warning')).to.equal(null);
    const { body: pause } = await api().get(`/pauses/${pauseId}`);
    expect(pause).to.include({ scope: 'jobs', operationId: requested.body.id, createdBy: 'ann', reason: 'Moving' });

    // Enabled before the operation has come to it: that is not taken back.
    const enabledAgain = await api().post(`/jobs/${first}/enable`);
    expect(enabledAgain.body.enabled).to.equal(true);
    const operation = await ended(requested);
    expect(operation).to.deep.include({ status: 'completed', total: 3, done: 3, rejected: {} });
    expect((await api().get(`/pauses/${pauseId}`)).body.liftedBy).to.equal('carillon');
    expect(await enabled(ids)).to.deep.equal([true, false, false]);
    await service.eventually(async () => {
      const { body: executions } = await api().get(`/jobs/${first}/executions`);
      return executions[0].scheduledAt > operation.endedAt ? true : undefined;
    });
    // One that was claimed ahead is not called.
    const { body: called } = await api().get(`/jobs/${third}/executions?status=succeeded`);
    expect(called[0].scheduledAt < pause.createdAt, 'the last call of a disabled job').to.equal(true);
    await api().post(`/jobs/${first}/disable`);

    const span = `from=${pause.createdAt}&to=${operation.endedAt}`;
    const { body: slots } = await api().get(`/jobs/${third}/occurrences?${span}`);
    for (const slot of slots) {
      expect(slot).to.include({ outcome: 'skipped', reason: 'PAUSED', pauseId, operationId: operation.id });
    }
  });

  it('needs the permission of its action', async () => {
    const as = (permission: string) => service.as({ permissions: [permission] });
    const all = { filter: { all: true } };
    const rejected = [
      await as('scheduler:jobs:trigger').post('/jobs/bulk', { action: 'delete', ...all }),
      await as('scheduler:jobs:write').post('/jobs/bulk', { action: 'trigger', ...all }),
      await as('scheduler:executions:cancel').post('/executions/bulk', { action: 'rerun', ...all }),
      await as('scheduler:jobs:trigger').post('/executions/bulk', { action: 'cancel', ...all, dryRun: true }),
      await as('scheduler:jobs:read').post('/jobs/bulk', { action: 'enable', ...all }),
    ];
    expect(rejected.map(({ status }) => status)).to.deep.equal([403, 403, 403, 403, 403]);
  });

  it('changes nothing after it was cancelled', async () => {
    const labels = { stop: 'yes' };
    const ids = [await createJob('c-1', { labels }), await createJob('c-2', { labels })];
    const { body } = await api().post('/jobs/bulk', { action: 'trigger', filter: { labels }, spread: '1h' });
    expect(body).to.deep.include({ action: 'trigger', spread: '1h' });
    await service.eventually(async () => {
      const { body: shown } = await api().get(`/operations/${body.id}`);
      return shown.done > 0 ? shown : undefined;
    });
    const operation = await ended(await api().delete(`/operations/${body.id}`));
    expect(operation).to.include({ status: 'cancelled', cancelledBy: 'ann', total: 2, done: 1 });
    const { body: executions } = await api().get('/executions?label=stop:yes');
    expect(executions.map(({ jobId }: { jobId: number }) => jobId)).to.deep.equal(ids.slice(0, 1));
    const again = await api().delete(`/operations/${body.id}`);
    expect([again.status, again.body]).to.deep.equal([202, operation]);
  });
});
