import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import { DomainEvent } from '../../src/domain/events/index.ts';
import { idsStream, jobStream, runsStream } from '../../src/domain/streams.ts';
import { createCodec } from '../../src/event-store/codec.ts';
import { BEGIN_AS_WRITER } from '../../src/event-store/postgres/append-transaction.ts';
import type { BenchServer } from './server.ts';

type Seeding = {
  readonly count: number;
  readonly applicationId: number;
  readonly origin: string;
  /** Pattern of a job by its index. */
  readonly patternOf: (index: number) => string;
};

const codec = createCodec({ schemas: DomainEvent.options });
const Reserved = z.array(z.object({ revision: z.int(), last_id: z.int() }));

const RESERVED = `
  select revision, (data::json ->> 'last')::integer as last_id
  from log_events where stream = $1 order by revision desc limit 1`;

const INSERT = `
  with log_end as (select position, recorded_at from log_events order by position desc limit 1)
  insert into log_events (position, stream, revision, id, type, data, metadata, recorded_at)
  select log_end.position + place, stream, revision, id, type, data, metadata,
    greatest(date_trunc('milliseconds', clock_timestamp()), log_end.recorded_at)
  from log_end, unnest($1::text[], $2::integer[], $3::uuid[], $4::text[], $5::text[], $6::text[])
    with ordinality as seeded (stream, revision, id, type, data, metadata, place)`;

const JOBS_A_TRANSACTION = 2_000;

/**
 * Writes the events of new jobs directly into the log of a running server: ids reserved, each job created and its definition
 * activated, as commands would append them; only their names are not reserved. Uses the writer lock like every writer; read
 * models and engine then read the events like any others.
 * @returns the id of the first; the others follow
 */
export const seedJobs = async ({ database }: Pick<BenchServer, 'database'>, seeding: Seeding): Promise<number> => {
  const write = async (rows: readonly Row[]): Promise<void> => {
    const columns = [0, 1, 2, 3, 4, 5].map((column) => rows.map((row) => row[column]));
    await database.query({ name: 'seed', text: INSERT, values: columns });
    await database.query('commit');
  };
  const now = new Date().toISOString();
  await database.query(BEGIN_AS_WRITER);
  const { rows } = await database.query(RESERVED, [idsStream('jobs')]);
  const [before = { revision: -1, last_id: 0 }] = Reserved.parse(rows);
  const first = before.last_id + 1;
  const last = before.last_id + seeding.count;
  const at = { stream: idsStream('jobs'), revision: before.revision + 1 };
  await write([rowOf(at, { type: 'IdsReserved', data: { kind: 'jobs', first, last } })]);
  for (let from = 0; from < seeding.count; from += JOBS_A_TRANSACTION) {
    const length = Math.min(JOBS_A_TRANSACTION, seeding.count - from);
    const indexes = Array.from({ length }, (_, place) => from + place);
    await database.query(BEGIN_AS_WRITER);
    await write(indexes.flatMap((index) => eventsOf(seeding, { jobId: first + index, index, now })));
  }
  return first;
};

type Row = readonly [stream: string, revision: number, id: string, type: string, data: string, metadata: string];

const rowOf = ({ stream, revision }: { stream: string; revision: number }, event: DomainEvent): Row => {
  const id = randomUUID();
  const metadata = { actor: { type: 'system', name: 'bench' }, correlationId: 'seed' } as const;
  const encoded = codec.encode({ ...event, id, metadata });
  return [stream, revision, id, encoded.type, encoded.data, encoded.metadata];
};

const eventsOf = (seeding: Seeding, { jobId, index, now }: { jobId: number; index: number; now: string }): Row[] => {
  const { applicationId, origin, patternOf } = seeding;
  const of = { tenant: 'default', applicationId, jobId };
  const created: DomainEvent = {
    type: 'JobCreated',
    data: {
      ...of,
      name: `seeded ${index}`,
      enabled: true,
      pattern: patternOf(index),
      timezone: 'UTC',
      scheduleSince: now,
      taskType: 'HttpInvokerTask',
      taskConfig: { endpoint: origin, path: `/work/${index}`, method: 'POST', body: { hello: 'world' } },
      createdAt: now,
      createdBy: 'bench',
      updatedAt: now,
      updatedBy: 'bench',
    },
  };
  const taken: DomainEvent = {
    type: 'DefinitionActivated',
    data: { ...of, jobRevision: 0, from: now, tail: { jobRevision: 0, cursor: now, runs: 0, open: [] } },
  };
  return [
    rowOf({ stream: jobStream(jobId), revision: 0 }, created),
    rowOf({ stream: runsStream(jobId), revision: 0 }, taken),
  ];
};
