import { randomUUID } from 'node:crypto';
import { expect } from 'chai';
import pg from 'pg';
import { DomainEvent, type EventOf } from '../../src/domain/events/index.ts';
import { runsStream } from '../../src/domain/streams.ts';
import { createCodec } from '../../src/event-store/codec.ts';
import { createEventStoreDbStore } from '../../src/event-store/eventstoredb.ts';
import type { NewEvent, RecordedEvent } from '../../src/event-store/port.ts';
import { createPostgresEventStore } from '../../src/event-store/postgres.ts';
import { all, refusal } from '../contract/event-store-support.ts';
import { logs } from '../support/logs.ts';
import { realWorld as world } from '../support/publishing.ts';
import { startTestService, type TestService } from '../support/service.ts';
import { startTarget, type Target } from '../support/target.ts';

const codec = createCodec({ schemas: DomainEvent.options });

for (const { name, settings, close } of logs)
  describe(`the books of a service on ${name}`, () => {
    let service: TestService;
    let target: Target;
    let jobId: number;
    let log: Readonly<Record<string, string>>;

    beforeEach(async () => {
      log = await settings();
      [service, target] = [await startTestService(log), await startTarget()];
      const { body: application } = await service.as().post('/applications', { name: 'crm' });
      const { body: job } = await service.as().post('/jobs', {
        applicationId: application.id,
        name: 'each second',
        pattern: '* * * * * *',
        taskType: 'HttpInvokerTask',
        taskConfig: { url: `${target.origin}/echo`, method: 'GET' },
      });
      jobId = job.id;
      await target.receivedAll(1);
      await service.as().post(`/jobs/${jobId}/disable`);
      await service.eventually(async () => {
        const { body } = await service.as().get(`/jobs/${jobId}/executions`);
        return body.every(({ status }: { status: string }) => status === 'succeeded') ? body : undefined;
      });
    });
    afterEach(async () => {
      await target.close();
      await close();
    });

    const openLog = () =>
      log.EVENTSTORE_URL === undefined
        ? createPostgresEventStore({ connection: { connectionString: service.databaseUrl }, codec, world })
        : createEventStoreDbStore({ connectionString: log.EVENTSTORE_URL, prefix: 'carillon_', codec, world });

    it('do not balance where a slot was claimed twice', async () => {
      const store = openLog();
      const stream = runsStream(jobId);
      const runs = await all(store.readStream(stream));
      const isClaim = (event: RecordedEvent): event is RecordedEvent<EventOf<'ExecutionStarted'>> =>
        event.type === 'ExecutionStarted';
      const claim = runs.find(isClaim);
      if (claim === undefined) throw new Error('nothing was claimed');
      const { type, data, metadata } = claim;
      const again: NewEvent = { type, data: { ...data, executionId: 1_000_000 }, metadata, id: randomUUID() };
      await store.append({ stream, expectedRevision: runs.length - 1, events: [again] });
      await store.close();
      const found = String(await refusal(service.stop()));
      expect(found).to.match(/ExecutionStarted at runs-\d+\/\d+ fires .*, which was settled already/);
      expect(found).to.contain('execution 1000000 is still open');
    });

    it('do not balance where a read model says something else than the log', async () => {
      const client = new pg.Client({ connectionString: service.databaseUrl });
      await client.connect();
      const { rows } = await client.query<{ name: string }>(
        `SELECT format('%I.%I', table_schema, table_name) AS name FROM information_schema.tables
         WHERE table_name = 'executions' AND table_type = 'BASE TABLE'`,
      );
      for (const { name: table } of rows) await client.query(`DELETE FROM ${table}`);
      await client.end();
      expect(String(await refusal(service.stop()))).to.match(/the read model executions differs from a fresh fold/);
    });
  });
