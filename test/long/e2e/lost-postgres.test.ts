import { expect } from 'chai';
import { type FakeEventStoreDb, startFakeEventStoreDb } from '../../support/eventstoredb/server.ts';
import { startTestService } from '../../support/service.ts';
import { startTarget, type Target } from '../../support/target.ts';

describe('Postgres lost altogether, the log in EventStoreDB', () => {
  let fake: FakeEventStoreDb;
  let target: Target;
  before(async () => {
    [fake, target] = [await startFakeEventStoreDb(), await startTarget()];
  });
  after(async () => {
    fake.stop();
    await target.close();
  });

  it('brings every read model back into an empty one, and takes no id or name twice', async () => {
    const settings = { EVENTSTORE_URL: fake.url };
    const first = await startTestService(settings);
    const { body: application } = await first.as().post('/applications', { name: 'crm' });
    const definition = {
      applicationId: application.id,
      name: 'nightly',
      pattern: '0 2 * * *',
      taskType: 'HttpInvokerTask',
      taskConfig: { url: `${target.origin}/echo`, method: 'GET', auth: { authMethod: 'bearer', token: 'a-token' } },
    };
    const { body: job } = await first.as().post('/jobs', definition);
    const { body: execution } = await first.as().post(`/jobs/${job.id}/trigger`);
    const ended = await first.eventually(async () => {
      const { body } = await first.as().get(`/executions/${execution.id}`);
      return body.status === 'succeeded' ? body : undefined;
    });
    await first.stop();

    const second = await startTestService(settings);
    try {
      const found = await second.eventually(async () => {
        const { status, body } = await second.as().get(`/executions/${execution.id}`);
        return status === 200 && body.status === 'succeeded' ? body : undefined;
      });
      expect(found).to.deep.equal(ended);
      const { lastExecution, ...shown } = (await second.as().get(`/jobs/${job.id}`)).body;
      expect(shown).to.deep.equal(job);
      expect(lastExecution.id).to.equal(execution.id);
      expect((await second.as().post('/jobs', definition)).body.code).to.equal('NAME_TAKEN');
      const { body: other } = await second.as().post('/jobs', { ...definition, name: 'other' });
      expect(other.id).to.be.above(job.id);
      const { body: next } = await second.as().post(`/jobs/${job.id}/trigger`);
      expect(next.id).to.be.above(execution.id);
      await target.receivedAll(2);
      expect(target.received.at(-1)?.headers.authorization).to.equal('Bearer a-token');
    } finally {
      await second.stop();
    }
  });
});
