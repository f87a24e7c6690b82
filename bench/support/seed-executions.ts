import { randomUUID } from 'node:crypto';
import pg from 'pg';
import { DomainEvent } from '../../src/domain/events/index.ts';
import { createCodec } from '../../src/event-store/codec.ts';

const codec = createCodec({ schemas: DomainEvent.options });
const STREAMS = 1_000;
/** Stands in the texts for the number of the execution. */
const EXECUTION = 777_777_777;
const AT = '2026-01-01T00:00:00.000Z';

const ofExecution = {
  ...{ tenant: 'default', applicationId: 1, jobId: 1, executionId: EXECUTION, attempt: 1 },
  trigger: 'schedule',
  ...{ scheduledAt: AT, createdAt: AT },
} as const;
const tail = { jobRevision: 0, cursor: AT, runs: 1, open: [] };

const STARTED: DomainEvent = {
  type: 'ExecutionStarted',
  data: { ...ofExecution, engineId: randomUUID(), jobRevision: 0, tail },
};
const SUCCEEDED: DomainEvent = {
  type: 'ExecutionSucceeded',
  data: {
    ...ofExecution,
    tail,
    startedAt: AT,
    finishedAt: AT,
    jobSnapshot: {
      taskType: 'HttpInvokerTask',
      ...{ name: 'nightly-sync', pattern: '0 2 * * *', timezone: 'UTC', method: 'POST' },
      url: 'https://crm.example.com/api/sync/customers',
      headers: { 'Content-Type': '***', Authorization: '***' },
      body: { day: '***', full: '***' },
      resolvedParameters: [{ expression: '${T:YYYY-MM-DD}', value: '2026-01-01', at: AT }],
    },
    result: {
      taskType: 'HttpInvokerTask',
      status: 200,
      headers: { 'content-type': 'application/json', date: 'Thu, 01 Jan 2026 00:00:00 GMT' },
      data: { synced: 1_204, failed: 0, took: '1.2s' },
      truncated: false,
    },
  },
};

/**
 * Writes executions straight into an empty log: a claim and an outcome each, of a thousand jobs in turn, a millisecond
 * apart. Their texts are what an engine records, with ids of their own.
 */
export const seedExecutions = async (databaseUrl: string, count: number): Promise<void> => {
  const client = new pg.Client({ connectionString: databaseUrl });
  await client.connect();
  try {
    for (const [place, event] of [STARTED, SUCCEEDED].entries()) {
      const { type, data, metadata } = codec.encode({
        ...event,
        id: randomUUID(),
        metadata: { actor: { type: 'engine', name: 'engine-1' }, correlationId: randomUUID() },
      });
      await client.query(
        `INSERT INTO log_events (position, stream, revision, id, type, data, metadata, recorded_at)
         SELECT 100 + 2 * i + $2::integer, 'runs-' || (1 + i % ${STREAMS}), 2 * (i / ${STREAMS}) + $2::integer, gen_random_uuid(), $3,
           replace($4, '${EXECUTION}', (i + 1)::text), $5, '2026-01-01Z'::timestamptz + i * interval '1 millisecond'
         FROM generate_series(0, $1::integer - 1) AS i`,
        [count, place, type, data, metadata],
      );
    }
    await client.query('VACUUM ANALYZE log_events');
  } finally {
    await client.end();
  }
};
