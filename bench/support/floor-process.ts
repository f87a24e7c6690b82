import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { followPlans, post, UNDER_WAY } from './peer-program.ts';

/**
 * The least that a durable, event-sourced execution costs with Node and Postgres, without any rule, check or retry: a claim
 * is appended, the call is made with undici, its outcome is appended, and its row written with its indexes. What is waiting
 * goes into one transaction.
 */
const TABLES = `
  CREATE TABLE events (position bigint PRIMARY KEY, stream text NOT NULL, revision integer NOT NULL, id uuid NOT NULL,
    type text NOT NULL, data text NOT NULL, metadata text NOT NULL, recorded_at timestamptz NOT NULL,
    UNIQUE (stream, revision));
  CREATE TABLE executions (id bigint PRIMARY KEY, job_id bigint, application_id bigint, tenant text, status text,
    trigger text, attempt integer, scheduled_at timestamptz, started_at timestamptz, finished_at timestamptz,
    engine_id text, snapshot text, result text, revision integer);
  CREATE INDEX ON executions (job_id, scheduled_at);
  CREATE INDEX ON executions (application_id, scheduled_at);
  CREATE INDEX ON executions (tenant, scheduled_at);
  CREATE INDEX ON executions (tenant, started_at);
  CREATE TABLE jobs (id bigint PRIMARY KEY, last_result text)`;

/** Rows wait this long for further ones, as those of a projection do. */
const GATHER_MS = 20;

type Item = { readonly values: readonly (string | number)[]; readonly done: () => void };

/** Writes together what waits, while the last batch is being written and then for `gatherMs`. */
const createBatches = (write: (items: readonly Item[]) => Promise<unknown>, gatherMs = 0) => {
  let waiting: Item[] = [];
  let isWriting = false;
  const writeAll = async (): Promise<void> => {
    isWriting = true;
    while (waiting.length > 0) {
      if (gatherMs > 0) await sleep(gatherMs);
      const items = waiting;
      waiting = [];
      await write(items);
      for (const { done } of items) done();
    }
    isWriting = false;
  };
  return (values: Item['values']): Promise<void> =>
    new Promise((done) => {
      waiting.push({ values, done });
      if (!isWriting) void writeAll();
    });
};

const columnsOf = (items: readonly Item[], count: number): unknown[][] =>
  Array.from({ length: count }, (_, column) => items.map(({ values }) => values[column]));

const EVENT_TYPES = ['text', 'integer', 'uuid', 'text', 'text', 'text'];
const ROW_TYPES = [
  ...['bigint', 'bigint', 'bigint', 'text', 'text', 'text', 'integer', 'timestamptz', 'timestamptz', 'timestamptz'],
  ...['text', 'text', 'text', 'integer'],
];
const unnest = (types: readonly string[], first: number): string =>
  `unnest(${types.map((type, index) => `$${first + index}::${type}[]`).join(', ')})`;

const METADATA = JSON.stringify({
  tenant: 'default',
  actor: { type: 'engine', name: 'engine-1' },
  correlationId: randomUUID(),
  causationId: randomUUID(),
});

const [url] = process.argv.slice(2);
const connect = async (): Promise<pg.Client> => {
  const client = new pg.Client({ connectionString: url, pipeline: true });
  await client.connect();
  return client;
};
const [log, rows] = await Promise.all([connect(), connect()]);
await log.query(TABLES);

let position = 0;
const append = createBatches((items) => {
  const after = position;
  position += items.length;
  return Promise.all([
    log.query('BEGIN'),
    log.query({
      name: 'append',
      text: `INSERT INTO events SELECT $1::bigint + place, stream, revision, id, type, data, metadata, now()
        FROM ${unnest(EVENT_TYPES, 2)} WITH ORDINALITY AS given (stream, revision, id, type, data, metadata, place)`,
      values: [after, ...columnsOf(items, EVENT_TYPES.length)],
    }),
    log.query('COMMIT'),
  ]);
});
const writeRow = createBatches((items) => {
  const columns = columnsOf(items, ROW_TYPES.length);
  return Promise.all([
    rows.query('BEGIN; SET LOCAL synchronous_commit TO off'),
    rows.query({ name: 'rows', text: `INSERT INTO executions SELECT * FROM ${unnest(ROW_TYPES, 1)}`, values: columns }),
    rows.query({
      name: 'jobs',
      text: `INSERT INTO jobs SELECT * FROM ${unnest(['bigint', 'text'], 1)}
        ON CONFLICT (id) DO UPDATE SET last_result = excluded.last_result`,
      values: [columns[1], columns[12]],
    }),
    rows.query('COMMIT'),
  ]);
}, GATHER_MS);

let executions = 0;
const revisions = new Map<number, number>();
const appendTo = (job: number, type: string, data: unknown): Promise<void> => {
  const revision = (revisions.get(job) ?? -1) + 1;
  revisions.set(job, revision);
  return append([`runs-${job}`, revision, randomUUID(), type, JSON.stringify(data), METADATA]);
};

/** @returns the row of the execution, whose outcome is in the log */
const execute = async (
  job: number,
  { origin, slotMs }: { readonly origin: string; readonly slotMs: number },
): Promise<Item['values']> => {
  executions += 1;
  const slot = {
    tenant: 'default',
    applicationId: 1,
    jobId: job,
    executionId: executions,
    trigger: 'schedule',
    attempt: 1,
  };
  const scheduledAt = new Date(slotMs).toISOString();
  const startedAt = new Date().toISOString();
  const open = [{ executionId: slot.executionId, attempt: 1, state: 'running', trigger: 'schedule', scheduledAt }];
  const started = { ...slot, engineId: 'engine-1', jobRevision: 0, scheduledAt, createdAt: startedAt };
  await appendTo(job, 'ExecutionStarted', { ...started, tail: { jobRevision: 0, cursor: scheduledAt, runs: 1, open } });
  const { status, body } = await post(origin, { job, slotMs });
  const finishedAt = new Date().toISOString();
  const jobSnapshot = {
    ...{ name: `job ${job}`, pattern: '* * * * * *', timezone: 'UTC', taskType: 'HttpInvokerTask' },
    taskConfig: { endpoint: origin, path: `/jobs/${job}`, method: 'POST', body: { hello: 'world' } },
  };
  const result = { status, headers: { 'content-type': 'application/json' }, body };
  const outcome = { ...slot, scheduledAt, startedAt, finishedAt, jobSnapshot, result };
  await appendTo(job, 'ExecutionSucceeded', {
    ...outcome,
    tail: { jobRevision: 0, cursor: scheduledAt, runs: 1, open: [] },
  });
  return [
    ...[slot.executionId, job, 1, 'default', 'succeeded', 'schedule', 1, scheduledAt, startedAt, finishedAt],
    ...['engine-1', JSON.stringify(jobSnapshot), JSON.stringify(result), revisions.get(job) ?? 0],
  ];
};

/** Only for jobs that are due once. */
followPlans(async ({ jobs, fromMs, origin }, onOutcome) => {
  let next = 0;
  const lane = async (): Promise<void> => {
    for (let job = next++; job < jobs; job = next++) {
      const row = await execute(job, { origin, slotMs: fromMs });
      void writeRow(row).then(onOutcome);
    }
  };
  setTimeout(() => {
    for (let each = 0; each < UNDER_WAY; each++) void lane();
  }, fromMs - Date.now());
});
