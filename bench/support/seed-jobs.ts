import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import { DomainEvent } from '../../src/domain/events/index.ts';
import { idsStream, jobStream, runsStream } from '../../src/domain/streams.ts';
import { createCodec } from '../../src/event-store/codec.ts';
import { BEGIN_AS_WRITER } from '../../src/event-store/postgres/writer-lock.ts';
import type { BenchServer } from './server.ts';

type Seeding = {
  readonly count: number;
  readonly applicationId: number;
  readonly origin: string;
  /** Pattern of a job by its index. */
  readonly patternOf: (index: number) => string;
};

const codec = createCodec({ schemas: DomainEvent.options });
const Ends = z.array(z.object({ position: z.coerce.number(), revision: z.int(), last_id: z.int() }));

const ENDS = `
  select (select max(position) from log_events) as position, revision, (data::json ->> 'last')::integer as last_id
  from log_events where stream = $1 order by revision desc limit 1`;

const INSERT = `
  insert into log_events (position, stream, revision, id, type, data, metadata, recorded_at)
  select * from unnest($1::bigint[], $2::text[], $3::integer[], $4::uuid[], $5::text[], $6::text[], $7::text[],
    array_fill($8::timestamptz, array[cardinality($1::bigint[])]))`;

const JOBS_A_STATEMENT = 2_000;

/**
 * Writes the events of so many new jobs straight into the log of a running server: their ids reserved, each created
 * and its definition taken, as commands would have appended them; only their names are not reserved. One transaction
 * under the writer lock; read models and engine then read them like any other events.
 * @returns the id of the first; the others follow
 */
export const seedJobs = async ({ database }: BenchServer, seeding: Seeding): Promise<number> => {
  await database.query(BEGIN_AS_WRITER);
  const { rows } = await database.query(ENDS, [idsStream('jobs')]);
  const [end = { position: 0, revision: -1, last_id: 0 }] = Ends.parse(rows);
  const now = new Date().toISOString();
  const first = end.last_id + 1;
  const reserved: DomainEvent = {
    type: 'IdsReserved',
    data: { kind: 'jobs', first, last: end.last_id + seeding.count },
  };
  let events: Row[] = [rowOf({ stream: idsStream('jobs'), revision: end.revision + 1 }, reserved)];
  let position = end.position + 1;
  for (let index = 0; index < seeding.count; ) {
    const until = Math.min(index + JOBS_A_STATEMENT, seeding.count);
    for (; index < until; index++) events.push(...eventsOf(seeding, { jobId: first + index, index, now }));
    const columns = [0, 1, 2, 3, 4, 5].map((column) => events.map((row) => row[column]));
    const positions = events.map((_, place) => position + place);
    await database.query({ name: 'seed', text: INSERT, values: [positions, ...columns, now] });
    position += events.length;
    events = [];
  }
  await database.query('commit');
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
    type: 'DefinitionTaken',
    data: { ...of, jobRevision: 0, from: now, tail: { jobRevision: 0, cursor: now, runs: 0, open: [] } },
  };
  return [
    rowOf({ stream: jobStream(jobId), revision: 0 }, created),
    rowOf({ stream: runsStream(jobId), revision: 0 }, taken),
  ];
};
