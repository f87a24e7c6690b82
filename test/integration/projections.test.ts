import { setTimeout } from 'node:timers/promises';
import { expect } from 'chai';
import fc from 'fast-check';
import pg from 'pg';
import { inTransaction, oneByOne } from '../../src/db/session.ts';
import { EVERY_TENANT, toInstant } from '../../src/domain/values.ts';
import { UnreadableEvent } from '../../src/event-store/errors.ts';
import { type EventStore, LOG_START, type Position, positionOf } from '../../src/event-store/port.ts';
import { createPostgresEventStore } from '../../src/event-store/postgres/store.ts';
import { allProjections, everyProjection } from '../../src/projections/all.ts';
import { BEGIN_BATCH, moveCheckpoints, requestFlush } from '../../src/projections/checkpoints.ts';
import { GenerationMoved } from '../../src/projections/failures.ts';
import { listProjections, listStopped } from '../../src/projections/list-projections.ts';
import {
  type ActiveState,
  defineProjection,
  generationSchema,
  type Projection,
} from '../../src/projections/projection.ts';
import { alerts } from '../../src/projections/read-models/alerts.ts';
import { ensureLive, type Generation, pointViews } from '../../src/projections/registry.ts';
import { codec } from '../support/codec.ts';
import { cuttableProxy } from '../support/cuttable-proxy.ts';
import type { Entry } from '../support/entry.ts';
import { afterCuts } from '../support/expiries.ts';
import { anyHistory, cutAt, expiringHistory, history, metadata, recorded, type Step } from '../support/histories.ts';
import { dump, openProjecting, type Projecting } from '../support/projecting.ts';
import { seededRandom } from '../support/world.ts';

const steps = (jobId: number, ...names: Step['step'][]): Step[] => names.map((step) => ({ jobId, step }));

/** After an expiry, two definitions are activated. The second one is active from an earlier instant than the first one. */
const editedWhileClockWasSetBack = (): Entry[] =>
  history(steps(1, 'edit', 'claim', 'succeed', 'expire', 'edit', 'edit')).map((entry, index, { length }) => {
    const { event } = entry;
    if (index < length - 1 || event.type !== 'DefinitionActivated') return entry;
    const from = toInstant(Date.parse(event.data.from) - 10_000);
    return { ...entry, event: { ...event, data: { ...event.data, from } } };
  });

describe('projections', () => {
  let projecting: Projecting;
  beforeEach(async () => {
    projecting = await openProjecting();
  });
  afterEach(() => projecting.close());

  it('give the same rows however the events are cut into batches, also when they are filled', async () => {
    const client = new pg.Client({ connectionString: projecting.database.url, pipeline: true });
    const copying = new pg.Client({ connectionString: projecting.database.url });
    await Promise.all([client.connect(), copying.connect()]);
    const filler = oneByOne(copying);
    await ensureLive(client, allProjections);
    const schemaOf = ({ name }: Projection) => generationSchema(name, 2);
    for (const projection of allProjections) {
      await client.query(`CREATE SCHEMA ${schemaOf(projection)}; ${projection.tables(schemaOf(projection))}`);
      await pointViews(client, projection, 2);
    }
    const tables = async () => {
      const { rows } = await client.query<{ name: string }>(
        "SELECT format('%I.%I', schemaname, tablename) AS name FROM pg_tables WHERE schemaname = ANY ($1)",
        [allProjections.map(schemaOf)],
      );
      return rows.map(({ name }) => name);
    };
    const first = await tables();
    const rowsOf = async (write: (projection: Projection, schema: string) => Promise<void>) => {
      // To make all tables anew takes ten times as long; those of months are made by what is written.
      const later = (await tables()).filter((name) => !first.includes(name));
      await client.query(
        [...later.map((name) => `DROP TABLE ${name}`), ...first.map((name) => `DELETE FROM ${name}`)].join(';'),
      );
      for (const projection of allProjections) await write(projection, schemaOf(projection));
      return dump(projecting.pool, allProjections);
    };
    type Batches = readonly ReturnType<typeof recorded>[];
    const rowsAfter = (batches: Batches) =>
      rowsOf((projection, schema) =>
        inTransaction(client, async () => {
          for (const events of batches) {
            const buffer = projection.buffer();
            buffer.add({ events, texts: [] });
            await buffer.take()?.write(client, schema);
          }
        }),
      );
    /** Each of the spans is gathered batch by batch, and then written. */
    const rowsFilled = (spans: readonly Batches[], state: ActiveState) =>
      rowsOf(async (projection, schema) => {
        const buffer = projection.buffer();
        for (const batches of spans) {
          for (const events of batches) buffer.add({ events, texts: [] });
          await buffer.take()?.copy({ client: filler, schema, state });
        }
        if (state === 'building' && projection.count) await filler.query(projection.count(schema));
      });
    const anyCuts = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 5 });
    await fc.assert(
      fc.asyncProperty(
        fc.oneof(anyHistory(4), expiringHistory()),
        anyCuts,
        anyCuts,
        fc.constantFrom('live', 'building'),
        fc.integer({ min: 0, max: 4 }),
        async (entries, cuts, batchCuts, state, third) => {
          const events = recorded(entries);
          const rows = await rowsAfter(events.map((event) => [event]));
          expect(await rowsAfter(cutAt(events, cuts))).to.deep.equal(rows);
          const spans = cutAt(events, cuts).map((span) => cutAt(span, batchCuts));
          expect(await rowsFilled(spans, state)).to.deep.equal(rows);
          // What was cut after it had expired makes no difference, also where a part of it is still there.
          const left = afterCuts(events, ({ position }) => Number(position) % 3 === third);
          expect(await rowsFilled([cutAt(left, cuts)], state)).to.deep.equal(rows);
        },
      ),
      { numRuns: 9, endOnFailure: true, examples: [[editedWhileClockWasSetBack(), [], [], 'live', 0]] },
    );
    await Promise.all([client.end(), copying.end()]);
  });

  it('apply what is in the log and what comes after, once', async () => {
    const entries = history(steps(1, 'claim', 'succeed', 'edit', 'claim', 'fail'));
    await projecting.append(entries.slice(0, 4));
    const first = projecting.run();
    await projecting.reach(positionOf(4));
    await first.stop();

    projecting.run({ store: projecting.storeWith({ redeliver: () => 3 }) });
    await projecting.reach(await projecting.append(entries.slice(4)));
    const { items, total } = await projecting.queries.listExecutions({ tenant: 'acme' }, {}, { limit: 10 });
    expect(items.map(({ status }) => status)).to.deep.equal(['failed', 'succeeded']);
    expect(total).to.equal(2);
  });

  it('show a started execution to a request that waits for it, even during a long wait for its end', async () => {
    const entries = history(steps(1, 'claim'));
    await projecting.append(entries.slice(0, -1));
    const { timers } = projecting.world;
    const sleep: typeof timers.sleep = (delayMs, signal, purpose) =>
      timers.sleep(purpose === 'gather' ? 600_000 : delayMs, signal);
    projecting.run({ world: { ...projecting.world, timers: { ...timers, sleep } } });
    await projecting.reach(positionOf(entries.length - 1));
    await projecting.reach(await projecting.append(entries.slice(-1)));
    const { items } = await projecting.queries.listExecutions({ tenant: 'acme' }, {}, { limit: 10 });
    expect(items.map(({ status }) => status)).to.deep.equal(['running']);
  });

  it('are listed up to date soon after the first list, although batches wait', async () => {
    const { timers } = projecting.world;
    const sleep: typeof timers.sleep = (delayMs, signal, purpose) =>
      timers.sleep(purpose === 'gather' ? 600_000 : delayMs, signal);
    const world = { ...projecting.world, timers: { ...timers, sleep } };
    await projecting.run({ world, projections: everyProjection }).become('running');
    const entries = history(steps(1, 'claim', 'succeed', 'claim'));
    await projecting.append(entries.slice(0, -1));
    const end = await projecting.append(entries.slice(-1));
    const list = () => listProjections(projecting, everyProjection);
    while (!(await list()).every(({ live }) => (live?.position ?? LOG_START) >= end)) await setTimeout(5);
  });

  it('listen over one connection, and those of texts are woken with the others', async () => {
    const listening = new Set<unknown>();
    const { query } = pg.Client.prototype;
    pg.Client.prototype.query = new Proxy(query, {
      apply: (original, client, [statement, ...others]) => {
        if (/LISTEN carillon_(?:awaited|rebuild)/.test(String(statement))) listening.add(client);
        return Reflect.apply(original, client, [statement, ...others]);
      },
    });
    try {
      const { timers } = projecting.world;
      const sleep: typeof timers.sleep = (delayMs, signal, purpose) =>
        timers.sleep(purpose === 'gather' ? 600_000 : delayMs, signal);
      const world = { ...projecting.world, timers: { ...timers, sleep } };
      const runner = projecting.run({ world, projections: everyProjection });
      await runner.become('running');
      expect(listening.size).to.equal(1);
      const entries = history(steps(1, 'claim', 'succeed', 'claim', 'succeed'));
      for (let count = 1; count <= entries.length; count++) {
        const position = await projecting.append(entries.slice(count - 1, count));
        while (!runner.status().every((each) => (each.position ?? LOG_START) >= position)) {
          await requestFlush(projecting.pool);
          await setTimeout(5);
        }
      }
    } finally {
      pg.Client.prototype.query = query;
    }
  });

  it('show each attempt of an execution that has ended', async () => {
    const entries = history(steps(1, 'claim', 'try again', 'start', 'try again', 'start', 'succeed'));
    const start = entries.length - 6;
    projecting.run();
    const attemptsAfter = async (count: number) => {
      await projecting.reach(
        await projecting.append(entries.slice(count === 1 ? 0 : start + count - 1, start + count)),
      );
      const [view] = (await projecting.queries.listExecutions({ tenant: 'acme' }, {}, { limit: 1 })).items;
      return {
        status: view?.status,
        attempts: view?.attempts.map(({ attempt, error }) => [attempt, error?.code]),
        retryAt: view?.retryAt,
      };
    };
    expect(await attemptsAfter(1)).to.deep.equal({ status: 'running', attempts: [], retryAt: undefined });
    expect(await attemptsAfter(2)).to.deep.equal({
      status: 'pending',
      attempts: [[1, 'HTTP_503']],
      retryAt: '2026-03-01T08:00:14.000Z',
    });
    expect((await attemptsAfter(3)).retryAt).to.equal(undefined);
    expect((await attemptsAfter(4)).attempts).to.deep.equal([
      [1, 'HTTP_503'],
      [2, 'HTTP_503'],
    ]);
    await attemptsAfter(5);
    expect(await attemptsAfter(6)).to.deep.equal({
      status: 'succeeded',
      attempts: [
        [1, 'HTTP_503'],
        [2, 'HTTP_503'],
        [3, undefined],
      ],
      retryAt: undefined,
    });
    const [view] = (await projecting.queries.listExecutions({ tenant: 'acme' }, {}, { limit: 1 })).items;
    expect(view?.startedAt).to.equal('2026-03-01T08:00:14.000Z');
    expect(view?.attempts.at(-1)).to.deep.equal({
      attempt: 3,
      startedAt: '2026-03-01T08:00:42.000Z',
      finishedAt: '2026-03-01T08:00:42.000Z',
      status: 200,
    });
  });

  it('are updated by one of two runners until the other takes over', async () => {
    const entries = history([...steps(1, 'claim'), ...steps(2, 'claim')]);
    const first = projecting.run();
    await projecting.reach(await projecting.append(entries.slice(0, 3)));
    const second = projecting.run();
    await second.become('standby');
    expect(first.status().map(({ state }) => state)).to.deep.equal(allProjections.map(() => 'running'));

    await first.stop();
    await second.become('running');
    await projecting.reach(await projecting.append(entries.slice(3)));
  });

  it('resume after their connections are cut', async () => {
    const entries = history([...steps(1, 'claim', 'succeed', 'edit'), ...steps(2, 'claim', 'fail')]);
    const runner = projecting.run();
    await projecting.reach(await projecting.append(entries.slice(0, 6)));
    await projecting.pool.query(
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
       WHERE datname = current_database() AND application_name LIKE 'carillon %'`,
    );
    await runner.become('retrying');
    await projecting.reach(await projecting.append(entries.slice(6)));
    await runner.become('running');
    const { executions } = await projecting.queries.statistics({ tenant: EVERY_TENANT });
    expect(executions).to.include({ succeeded: 1, failed: 1, running: 0 });
  });

  it('resume on another connection if theirs is silent', async () => {
    const proxy = await cuttableProxy(projecting.database.url);
    const runner = projecting.run({ databaseUrl: proxy.url, timeoutMs: { live: 500, building: 500 } });
    await projecting.reach(await projecting.append(history(steps(1, 'claim'))));
    proxy.hush();
    await projecting.reach(await projecting.append(history(steps(2, 'claim'))));
    await runner.stop();
    await proxy.close();
  });

  it('stop with a reason at an event that needs a newer reader, if they read that event', async () => {
    const entries = history([...steps(1, 'claim'), ...steps(2, 'edit')]);
    const runner = projecting.run({ store: rejecting(projecting.store, 'runs-2') });
    const end = await projecting.append(entries);
    const readers = ['schedule', 'executions', 'ledger', 'backfills', 'changes', 'hooks', 'offers'];
    await runner.become('stopped', readers);
    await projecting.until(async () => (await projecting.queries.getJob({ tenant: EVERY_TENANT }, 2)) !== undefined);

    const stopped = runner.status().filter(({ state }) => state === 'stopped');
    expect(stopped.map(({ name }) => name)).to.deep.equal(readers);
    expect(stopped[0]?.why).to.match(/DefinitionActivated at runs-2\/0 needs a reader of level 9/);
    expect(projecting.lines.filter(({ level }) => level === 'error')).to.have.length(readers.length);
    const listed = await listProjections(projecting);
    const live = listed.filter(({ status }) => status === 'live').map(({ name }) => name);
    expect(live).to.deep.equal(['documents', 'jobs', 'alerts', 'rejections']);
    expect(listed[3]?.live?.stopped?.reason).to.equal(stopped[0]?.why);
    expect(listed[3]?.stopped).to.deep.equal(listed[3]?.live?.stopped);
    // It would wait longer than the test may take.
    expect(await projecting.queries.awaitPosition(end, 3_600_000)).to.equal(false);
  });

  it('state why when their tables cannot be created, and forget it once they can', async () => {
    const next: Projection = { ...alerts, shape: 'next' };
    const broken = { ...next, tables: () => 'CREATE TABLE broken (hashes bytea NO_SUCH_STORAGE)' };
    for (const _ of ['the first start', 'the next one']) {
      const runner = projecting.run({ projections: [broken] });
      await runner.become('stopped');
      const [listed] = await listProjections(projecting, [broken]);
      expect(listed).to.include({ status: 'absent' }).and.not.have.property('live');
      expect(listed?.stopped?.reason).to.match(/syntax error at or near "NO_SUCH_STORAGE"/);
      expect(await listStopped(projecting.pool, [broken])).to.deep.equal([
        { name: 'alerts', reason: listed?.stopped?.reason },
      ]);
      await runner.stop();
    }
    const runner = projecting.run({ projections: [next] });
    await runner.become('running');
    await projecting.until(async () => (await listStopped(projecting.pool, [next])).length === 0);
    const [listed] = await listProjections(projecting, [next]);
    expect(listed).to.include({ status: 'live' }).and.not.have.property('stopped');
  });

  it('are fed from the log in Postgres', async () => {
    const { url } = projecting.database;
    const connection = { connectionString: url };
    const store = createPostgresEventStore({ connection, codec, world: projecting.world });
    const runner = projecting.run({ store });
    let end: Position = LOG_START;
    for (const { stream, event, id, revision } of recordedIn(history(steps(1, 'claim', 'succeed', 'edit')))) {
      const appended = await store.append({
        stream,
        expectedRevision: revision - 1,
        events: [{ ...event, id, metadata }],
      });
      end = appended.position;
    }
    await projecting.reach(end);
    expect((await projecting.queries.statistics({ tenant: 'acme' })).executions.succeeded).to.equal(1);
    await runner.stop();
    await store.close();
  });

  it('move checkpoints all together, and only from where their runner left them', async () => {
    const client = await projecting.pool.connect();
    const [one, other] = await ensureLive(client, allProjections.slice(0, 2));
    if (one === undefined || other === undefined) throw new Error('there are no generations');
    const at = (generation: Generation, place: number): Generation => ({
      ...generation,
      checkpoint: { position: positionOf(place), lastEvent: undefined },
    });
    const move = (from: readonly Generation[], place: number, state: ActiveState = 'live', begin = BEGIN_BATCH) => {
      const moves = from.map((each) => ({
        from: each,
        to: at(each, place).checkpoint,
        eventCount: 1,
        changesRows: true,
      }));
      return inTransaction(client, () => moveCheckpoints(client, moves, state), begin).then(
        () => 'moved',
        (error: unknown) => (error instanceof GenerationMoved ? 'rejected' : error),
      );
    };
    const positions = async () => {
      const { rows } = await client.query<{ position: string | null }>(
        'SELECT position FROM projection_generations WHERE projection = ANY ($1) ORDER BY projection = $2',
        [[one.projection.name, other.projection.name], other.projection.name],
      );
      return rows.map(({ position }) => (position === null ? null : Number(position)));
    };
    expect([await move([one, other], 5), await positions()]).to.deep.equal(['moved', [5, 5]]);
    expect([await move([one], 9), await positions()], 'where it began').to.deep.equal(['rejected', [5, 5]]);
    expect([await move([at(one, 4)], 9), await positions()], 'before').to.deep.equal(['rejected', [5, 5]]);
    expect([await move([at(one, 7)], 9), await positions()], 'ahead').to.deep.equal(['rejected', [5, 5]]);
    expect([await move([at(one, 5), other], 9), await positions()], 'one of two').to.deep.equal(['rejected', [5, 5]]);
    expect(await move([at(one, 5)], 9, 'building'), 'of another state').to.equal('rejected');
    expect(await move([at(one, 5)], 9, 'live', 'BEGIN'), 'the batch has not begun').to.equal('rejected');
    expect([await move([at(one, 5)], 9), await positions()]).to.deep.equal(['moved', [9, 5]]);
    client.release();
  });

  it('write nothing of a batch that fails, including what is written in several steps', async () => {
    const defineWriter = (
      name: string,
      write: (client: pg.ClientBase, schema: string, count: number) => Promise<void>,
    ) =>
      defineProjection<number>({
        name,
        shape: '1',
        streamPrefixes: ['job-'],
        views: ['seen'],
        tables: (schema) => `CREATE TABLE ${schema}.seen (place integer)`,
        indexes: () => '',
        fold: (events, held = 0) => held + events.length || undefined,
        write,
      });
    const slow = defineWriter('slow', async (client, schema, count) => {
      await client.query('SELECT 1');
      await setTimeout(20);
      await client.query(`INSERT INTO ${schema}.seen SELECT generate_series(1, ${count})`);
    });
    let failures = 0;
    const failing = defineWriter('failing', async () => {
      failures += 1;
      if (failures === 1) throw new Error('Postgres is not available');
    });
    const entries = history(steps(1, 'edit', 'edit'));
    await projecting.append(entries);
    projecting.run({ projections: [slow, failing] });
    const seen = async () => {
      const { rows } = await projecting.pool.query<{ count: string }>('SELECT count(*) FROM slow_v1.seen');
      return Number(rows[0]?.count);
    };
    await projecting.until(async () => failures > 1 && (await seen()) > 0);
    expect(await seen()).to.equal(entries.filter(({ stream }) => stream.startsWith('job-')).length);
  });

  it('reject a checkpoint of another log', async () => {
    const runner = projecting.run();
    await projecting.reach(await projecting.append(history(steps(1, 'claim'))));
    await runner.stop();
    const other = projecting.run({ logId: '9d3f5b7e-0000-4000-8000-000000000000' });
    await other.become('stopped');
    expect(other.status()[0]?.why).to.match(/has read log 5b0c8a52/);
  });
});

/** The entries with their revisions and ids that a log takes. */
const recordedIn = (entries: readonly Entry[]) => {
  const random = seededRandom(1);
  return recorded(entries).flatMap(({ revision }, index) => {
    const entry = entries[index];
    return entry ? [{ ...entry, revision, id: random.uuid() }] : [];
  });
};

/** A log in which the events of one stream ask whoever subscribes to it for a newer reader. */
const rejecting = (store: EventStore, stream: string): EventStore => ({
  ...store,
  subscribe: async function* (options) {
    for await (const item of store.subscribe(options)) {
      const newer = item.kind === 'events' ? item.events.find((event) => event.stream === stream) : undefined;
      if (newer) throw new UnreadableEvent({ ...newer, minReader: 9, reader: 1 });
      yield item;
    }
  },
});
