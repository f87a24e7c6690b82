import { randomUUID } from 'node:crypto';
import { expect } from 'chai';
import pg from 'pg';
import type { EventOf } from '../../src/domain/events/index.ts';
import { runsStream } from '../../src/domain/streams.ts';
import type { NewEvent, RecordedEvent } from '../../src/event-store/port.ts';
import { all, rejection } from '../contract/event-store-support.ts';
import { type AService, aService } from '../support/a-service/a-service.ts';
import { describeOnLogs } from '../support/logs.ts';
import { openServiceLog } from '../support/service-log.ts';

describeOnLogs('the books of a service', (log) => {
  let service: AService;
  let jobId: number;

  beforeEach(async () => {
    service = await aService()
      .onLog(log)
      .withApplication('crm')
      .withJob({ name: 'each second', pattern: '* * * * * *' })
      .start();
    jobId = service.jobId('each second');
    await service.target.receivedAll(1);
    await service.as().post(`/jobs/${jobId}/disable`);
    await service.eventually(async () => {
      const { body } = await service.as().get(`/jobs/${jobId}/executions`);
      return body.every(({ status }: { status: string }) => status === 'succeeded') ? body : undefined;
    });
  });

  it('do not balance after a slot claimed twice, or a wrong read model', async () => {
    const store = openServiceLog(service.log);
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
    await forgetExecutions(service.databaseUrl);
    const found = String(await rejection(service.stop()));
    expect(found).to.match(/ExecutionStarted at runs-\d+\/\d+ fires .*, which was settled already/);
    expect(found).to.match(/job \d+: .* is notDue/);
    expect(found).to.contain('execution 1000000 is still open');
    expect(found).to.contain('the read model executions differs from a fresh fold of the log');
  });
});

const forgetExecutions = async (databaseUrl: string): Promise<void> => {
  const client = new pg.Client({ connectionString: databaseUrl });
  await client.connect();
  const { rows } = await client.query<{ name: string }>(
    `SELECT format('%I.%I', table_schema, table_name) AS name FROM information_schema.tables
     WHERE table_name = 'executions' AND table_type = 'BASE TABLE'`,
  );
  for (const { name } of rows) await client.query(`DELETE FROM ${name}`);
  await client.end();
};
