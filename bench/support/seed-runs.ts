import { randomUUID } from 'node:crypto';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type pg from 'pg';
import { from as copyFrom } from 'pg-copy-streams';
import { z } from 'zod';
import { DomainEvent } from '../../src/domain/events/index.ts';
import { runsStream } from '../../src/domain/streams.ts';
import { createCodec } from '../../src/event-store/codec.ts';
import type { NewEvent } from '../../src/event-store/port.ts';
import { BEGIN_AS_WRITER } from '../../src/event-store/postgres/append-transaction.ts';

export type SeededRuns = {
  readonly applicationId: number;
  /** The jobs, with ids one after another. */
  readonly jobs: { readonly first: number; readonly count: number };
  /** How many executions, in turns of the jobs. */
  readonly executions: number;
  /** How many executions the jobs have already. */
  readonly after?: number;
};

const codec = createCodec({ schemas: DomainEvent.options });
const ENGINE = randomUUID();
const Ends = z.tuple([z.object({ position: z.coerce.number(), recorded_at: z.date() })]);
const END = 'select position, recorded_at from log_events order by position desc limit 1';
const COPY = `copy log_events (position, stream, revision, id, type, data, metadata, recorded_at) from stdin`;

/** Claimed together, as by an engine, and ended one after another. */
const CLAIMED_AT_ONCE = 500;
const A_TRANSACTION = 50_000;
/** One in this many fails. */
const FAILS = 40;

/**
 * Writes the claims and outcomes of executions straight into the log, as engines would have appended them. Each job is
 * due in turn.
 */
export const seedRuns = async (database: pg.Client, seeded: SeededRuns): Promise<void> => {
  const { executions, after = 0 } = seeded;
  for (let from = after; from < after + executions; from += A_TRANSACTION) {
    const until = Math.min(from + A_TRANSACTION, after + executions);
    await database.query(BEGIN_AS_WRITER);
    const [end] = Ends.parse((await database.query(END)).rows);
    const start = { position: end.position, atMs: Math.max(end.recorded_at.getTime(), Date.now()) };
    await pipeline(Readable.from(lines(seeded, { from, until }, start)), database.query(copyFrom(COPY)));
    await database.query('commit');
  }
};

type Range = { readonly from: number; readonly until: number };
type End = { readonly position: number; readonly atMs: number };

function* lines(seeded: SeededRuns, range: Range, { position, atMs }: End): Generator<string> {
  const at = new Date(atMs).toISOString();
  let place = position;
  for (const events of runEvents(seeded, range, at)) {
    let text = '';
    for (const { stream, revision, event } of events) {
      const { type, data, metadata } = codec.encode(event);
      place += 1;
      text += `${[place, stream, revision, event.id, type, data, metadata, at].join('\t')}\n`;
    }
    yield text;
  }
}

export type SeededEvent = { readonly stream: string; readonly revision: number; readonly event: NewEvent };

/** Yields the events of these executions in log order: a batch of claims, then their outcomes. */
export function* runEvents(seeded: SeededRuns, { from, until }: Range, at: string): Generator<readonly SeededEvent[]> {
  const one = (index: number, step: 0 | 1): SeededEvent => {
    const jobId = seeded.jobs.first + (index % seeded.jobs.count);
    const revision = 1 + 2 * Math.floor(index / seeded.jobs.count) + step;
    const event = step === 0 ? claimOf(seeded, { index, jobId, at }) : outcomeOf(seeded, { index, jobId, at });
    const metadata = { actor: { type: 'engine', name: ENGINE }, correlationId: randomUUID() } as const;
    return { stream: runsStream(jobId), revision, event: { ...event, id: randomUUID(), metadata } };
  };
  for (let first = from; first < until; first += CLAIMED_AT_ONCE) {
    const indexes = Array.from({ length: Math.min(CLAIMED_AT_ONCE, until - first) }, (_, index) => first + index);
    yield [...indexes.map((index) => one(index, 0)), ...indexes.map((index) => one(index, 1))];
  }
}

type Slot = { readonly index: number; readonly jobId: number; readonly at: string };

const slotOf = ({ applicationId, jobs }: SeededRuns, { index, jobId, at }: Slot) => ({
  tenant: 'default',
  applicationId,
  jobId,
  executionId: jobs.first + 10_000_000 + index,
  trigger: 'schedule' as const,
  scheduledAt: at,
  createdAt: at,
  attempt: 1,
});

const claimOf = (seeded: SeededRuns, slot: Slot): DomainEvent => {
  const { tenant: _, applicationId: __, jobId: ___, ...open } = slotOf(seeded, slot);
  const tail = {
    jobRevision: 0,
    cursor: slot.at,
    runs: 1,
    open: [{ ...open, state: 'running' as const, engineId: ENGINE }],
  };
  return { type: 'ExecutionStarted', data: { ...slotOf(seeded, slot), engineId: ENGINE, jobRevision: 0, tail } };
};

const outcomeOf = (seeded: SeededRuns, slot: Slot): DomainEvent => {
  const { at, index } = slot;
  const jobSnapshot = {
    name: `seeded ${index % seeded.jobs.count}`,
    pattern: '0 0 1 1 *',
    timezone: 'UTC',
    taskType: 'HttpInvokerTask' as const,
    method: 'POST',
    url: `http://127.0.0.1:8080/work/${index % seeded.jobs.count}`,
    headers: { 'content-type': 'application/json' },
    body: { hello: 'world' },
    resolvedParameters: [],
  };
  const tail = { jobRevision: 0, cursor: at, runs: 1, open: [] };
  const ended = { ...slotOf(seeded, slot), startedAt: at, finishedAt: at, jobSnapshot, tail };
  const { taskType } = jobSnapshot;
  const result = { taskType, headers: { 'content-type': 'application/json' }, data: { ok: true }, truncated: false };
  return index % FAILS === 0
    ? {
        type: 'ExecutionFailed',
        data: { ...ended, error: { code: 'HTTP_500', message: 'it failed' }, result: { ...result, status: 500 } },
      }
    : { type: 'ExecutionSucceeded', data: { ...ended, result: { ...result, status: 200 } } };
};
