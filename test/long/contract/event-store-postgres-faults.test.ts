import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { expect } from 'chai';
import pg from 'pg';
import { AppendUnconfirmed, createAvailability } from '../../../src/event-store/errors.ts';
import type { EventStore } from '../../../src/event-store/port.ts';
import { LOG_START, NO_STREAM } from '../../../src/event-store/port.ts';
import { BEGIN_AS_WRITER } from '../../../src/event-store/postgres/append-transaction.ts';
import { oneConnection } from '../../../src/event-store/postgres/connection.ts';
import { createWakeups, LOG_CHANNEL } from '../../../src/event-store/postgres/reads.ts';
import { createPostgresEventStore } from '../../../src/event-store/postgres/store.ts';
import { postgresLog } from '../../contract/event-store-postgres-log.ts';
import {
  all,
  appendOf,
  begin,
  contractCodec,
  eventsIn,
  namesOf,
  read,
  rejection,
} from '../../contract/event-store-support.ts';
import { cuttableProxy } from '../../support/cuttable-proxy.ts';
import { startProxy } from '../../support/proxy.ts';
import { manualWorld } from '../../support/world.ts';
import { answerLosingProxy } from './answer-losing-proxy.ts';

const WRITER = path.join(import.meta.dirname, 'event-store-writer-process.ts');
const PROCESSES = 4;
const OWN = 50;
const SHARED = 25;

describe('event store: postgres under faults', () => {
  let log: Awaited<ReturnType<typeof postgresLog>>;
  let store: EventStore;
  beforeEach(async () => {
    log = await postgresLog();
    store = log.open();
  });
  afterEach(async () => {
    await store.close();
    await log.remove();
  });

  it('leaves an append unanswered when the response to its commit is lost, and finds it made when it is repeated', async () => {
    const proxy = await answerLosingProxy(log.url);
    const world = manualWorld();
    const far = createPostgresEventStore({ connection: { connectionString: proxy.url }, codec: contractCodec, world });
    await begin(far, 'runs-1', 'a');
    proxy.loseNextAppend();
    const append = appendOf('runs-1', 0, 'b');
    expect(await rejection(far.append(append))).to.be.instanceOf(AppendUnconfirmed);
    expect((await far.append(append)).revision).to.equal(1);
    expect(namesOf(await all(store.readStream('runs-1')))).to.deep.equal(['a', 'b']);
    await far.close();
    await proxy.close();
  });

  it('makes an append again by itself when the connection was cut before its commit', async () => {
    await begin(store, 'runs-1', 'a');
    const speak = await log.silence();
    const response = store.append(appendOf('runs-1', 0, 'b'));
    await untilAppendsWait(log.admin);
    await log.cutConnections();
    await speak();
    expect((await response).revision).to.equal(1);
  });

  it('drops a connection that never responds, and uses another', async () => {
    const proxy = await cuttableProxy(log.url);
    const world = manualWorld();
    const far = createPostgresEventStore({ connection: { connectionString: proxy.url }, codec: contractCodec, world });
    await begin(far, 'runs-1', 'a');
    proxy.hush();
    const append = appendOf('runs-1', 0, 'b');
    const response = rejection(far.append(append));
    await world.advance(10_000);
    expect(await response).to.be.instanceOf(AppendUnconfirmed);
    expect((await far.append(append)).revision).to.equal(1);
    await far.close();
    await proxy.close();
  });

  it('learns of appends again if the connection that listens fell silent', async () => {
    const proxy = await cuttableProxy(log.url);
    const world = manualWorld();
    const connection = oneConnection({ config: { connectionString: proxy.url }, name: 'listener', timeoutMs: 2_000 });
    const wakes = createWakeups({ connection, world, availability: createAvailability(world), pollMs: 600_000 });
    const { signal } = new AbortController();
    const first = await begin(store, 'runs-1', 'a');
    await wakes.moreAfter(LOG_START, signal);
    proxy.hush();
    const woken = wakes.moreAfter(first.position, signal);
    await store.append(appendOf('runs-1', 0, 'b'));
    await world.advance(5_000);
    await woken;
    await wakes.close();
    await proxy.close();
  });

  it('reads the end once for all that wait, in case notifications are lost, and not while it learns of it otherwise', async () => {
    const world = manualWorld();
    const connection = oneConnection({ config: { connectionString: log.url }, name: 'listener' });
    const wakes = createWakeups({ connection, world, availability: createAvailability(world), pollMs: 1_000 });
    const { signal } = new AbortController();
    const { position } = await begin(store, 'runs-1', 'a');
    await wakes.moreAfter(LOG_START, signal);
    const client = await connection.get();
    await client.query(`UNLISTEN ${LOG_CHANNEL}`);
    let statements = 0;
    const { query } = client;
    Object.assign(client, {
      query: (...statement: readonly unknown[]) => {
        statements += 1;
        return Reflect.apply(query, client, statement);
      },
    });
    const woken = Promise.all([wakes.moreAfter(position, signal), wakes.moreAfter(position, signal)]);
    await world.advance(500);
    wakes.reached(position);
    await world.advance(500);
    expect(statements).to.equal(0);
    await store.append(appendOf('runs-1', 0, 'b'));
    await world.advance(1_000);
    await woken;
    expect(statements).to.equal(1);
    await wakes.close();
  });

  it('keeps confirmed appends through a crash of the machine', async () => {
    const { rows } = await log.admin.query('show synchronous_commit');
    expect(rows).to.deep.equal([{ synchronous_commit: 'off' }]);
    await log.admin.query(BEGIN_AS_WRITER);
    expect((await log.admin.query('show synchronous_commit')).rows).to.deep.equal([{ synchronous_commit: 'on' }]);
    await log.admin.query('rollback');
  });

  it('waits for no process that stalls while it appends', async () => {
    const proxy = await pausedAfterAppend(log.url);
    const frozen = createPostgresEventStore({
      connection: { connectionString: proxy.url },
      codec: contractCodec,
      world: manualWorld(),
    });
    const late = frozen.append(appendOf('runs-1', NO_STREAM, 'a'));
    await proxy.paused;
    expect((await begin(store, 'runs-2', 'b')).revision).to.equal(0);
    proxy.resume();
    expect((await late).revision).to.equal(0);
    await frozen.close();
    await proxy.close();
  });

  it('gives all that several processes append, in order and without a gap, while a transaction stays open elsewhere', async () => {
    // Eight processes have to start, beside whatever else the machine does.
    const idle = new pg.Client({ connectionString: log.url });
    await idle.connect();
    await idle.query('begin; create temporary table held (n integer); select pg_current_xact_id()');
    const reader = read(store);
    await reader.until('caughtUp');
    const writers = Array.from({ length: PROCESSES }, (_, index) =>
      fork(WRITER, [log.url, `p${index}`, String(OWN), String(SHARED)]),
    );
    const [events] = await Promise.all([reader.events(PROCESSES * (2 * OWN + SHARED)), ...writers.map(endOf)]);
    await reader.stop();
    await idle.end();

    expect(events.map(({ position }) => Number(position))).to.deep.equal(events.map((_, index) => index + 1));
    const next = new Map<string, number>();
    for (const { stream, revision } of events) {
      expect(revision).to.equal(next.get(stream) ?? 0);
      next.set(stream, revision + 1);
    }
    const times = events.map(({ recordedAt }) => recordedAt);
    expect(times).to.deep.equal([...times].sort((a, b) => a - b));
  });

  it('finds events without a notification by polling', async () => {
    const world = manualWorld();
    const slow = createPostgresEventStore({ connection: { connectionString: log.url }, codec: contractCodec, world });
    const reader = read(slow);
    await reader.until('caughtUp');
    const next = reader.events(1);
    await log.admin.query(
      `insert into log_events values (1, 'runs-1', 0, gen_random_uuid(), 'NameReserved',
        '{"tenant":"default","name":"quiet","ownerId":1}',
        '{"actor":{"type":"system","name":"test"},"correlationId":"c","v":1}', now())`,
    );
    await world.advance(1_000);
    expect(namesOf(await next)).to.deep.equal(['quiet']);
    await reader.stop();
    await slow.close();
  });

  it('passes over a wide span in which everything was cut', async () => {
    await begin(store, 'runs-1', 'a');
    const many = Array.from({ length: 3_000 }, () => 'x');
    for (let at = NO_STREAM, count = 0; count < 8; count++) {
      at = (await store.append(appendOf('keys-1-1', at, ...many))).revision;
    }
    await begin(store, 'runs-2', 'b');
    await store.deleteStream('keys-1-1');
    const reader = read(store);
    expect(namesOf(eventsIn(await reader.until('caughtUp')))).to.deep.equal(['a', 'b']);
    await reader.stop();
  });
});

const endOf = async (writer: ChildProcess): Promise<void> => {
  const [code] = await once(writer, 'exit');
  if (code !== 0) throw new Error(`a writing process ended with ${code}`);
};

/** Until an append of the log waits for the writer lock. */
const untilAppendsWait = async (admin: pg.Client): Promise<void> => {
  for (let waiting = 0; waiting === 0; ) {
    const { rowCount } = await admin.query("select from pg_locks where locktype = 'advisory' and not granted");
    waiting = rowCount ?? 0;
  }
};

/** Holds back the response to the first appends, as if their process stood still. */
const pausedAfterAppend = async (url: string) => {
  const paused = Promise.withResolvers<void>();
  const held: (() => void)[] = [];
  let state: 'waiting' | 'appending' | 'paused' | 'resumed' = 'waiting';
  const proxy = await startProxy(url, () => ({
    fromClient: (chunk, pass) => {
      if (state === 'waiting' && chunk.includes('log_append')) state = 'appending';
      pass();
    },
    fromServer: (_chunk, pass) => {
      if (state === 'appending') {
        state = 'paused';
        paused.resolve();
      }
      if (state === 'paused') held.push(pass);
      else pass();
    },
  }));
  const resume = (): void => {
    state = 'resumed';
    for (const pass of held) pass();
  };
  return { ...proxy, paused: paused.promise, resume };
};
