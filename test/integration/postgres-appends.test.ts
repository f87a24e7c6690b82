import { expect } from 'chai';
import { encodeAppend } from '../../src/event-store/check-append.ts';
import { WrongExpectedRevision } from '../../src/event-store/errors.ts';
import { type Append, type EventStore, NO_STREAM } from '../../src/event-store/port.ts';
import { PREPARE_WRITER } from '../../src/event-store/postgres/append-transaction.ts';
import { createPostgresEventStore } from '../../src/event-store/postgres/store.ts';
import { postgresLog } from '../contract/event-store-postgres-log.ts';
import { all, appendOf, contractCodec, reserved } from '../contract/event-store-support.ts';
import { createMemoryLog } from '../support/memory-log.ts';
import { createMemoryEventStore } from '../support/memory-store.ts';
import { olderLogWriter } from '../support/older-log-writer.ts';
import { startProxy } from '../support/proxy.ts';
import { manualWorld, seededRandom } from '../support/world.ts';

/** What a test compares: the result of an append, or why it was rejected. */
const shown = (result: unknown): unknown =>
  result instanceof WrongExpectedRevision
    ? { stream: result.stream, expected: result.expected, actual: result.actual }
    : result instanceof Error
      ? result.name
      : result;

/** Appends the lists in one turn, so that a store makes all of them in one transaction. */
const appendLists = async (store: EventStore, lists: readonly (readonly Append[])[]): Promise<unknown[]> => {
  const results = await Promise.all(
    lists.map(async (list) => {
      const [first] = list;
      if (first === undefined) return [];
      return await (list.length === 1 ? store.append(first) : store.appendInOrder(list)).catch(
        (error: unknown) => error,
      );
    }),
  );
  return results.map(shown);
};

const STREAMS = ['runs-1', 'runs-2', 'runs-3', 'job-1'] as const;
const DELETED = 'runs-4';
const ROUNDS = 150;

describe('appending to a log in Postgres', () => {
  for (const seed of [1, 2, 3]) {
    it(`judges as the reference does, with two processes and one of an older version (seed ${seed})`, async () => {
      const random = seededRandom(seed);
      const upTo = (count: number): number => Math.floor(random.fraction() * count);
      const log = await postgresLog();
      const reference = createMemoryEventStore({
        codec: contractCodec,
        now: () => 0,
        log: createMemoryLog({ now: () => 0 }),
      });
      const older = await olderLogWriter(log.url);
      const stores = [log.open(), log.open()] as const;
      const made: Append[] = [];
      const heads = new Map<string, number>();

      const drawAppend = (isRepeat: boolean): Append => {
        const repeated = made[upTo(made.length)];
        if (isRepeat && repeated !== undefined) {
          const [first] = repeated.events;
          const mixed = { ...repeated, events: [...repeated.events.slice(1), reserved('x')] };
          const longer = { ...repeated, events: [...repeated.events, reserved('x')] };
          const shorter = { ...repeated, events: first ? [first] : [] };
          return [repeated, repeated, repeated, mixed, longer, shorter][upTo(6)] ?? repeated;
        }
        const stream = upTo(20) === 0 ? DELETED : (STREAMS[upTo(STREAMS.length)] ?? DELETED);
        const head = heads.get(stream) ?? NO_STREAM;
        const expected = Math.max(NO_STREAM, head + ([0, 0, 0, 0, 0, -1, 1, 1e15][upTo(8)] ?? 0));
        const append = appendOf(stream, expected, ...Array.from({ length: 1 + upTo(3) }, (_, at) => `${at}`));
        // The next one of this batch may follow it, whether it succeeds or not.
        if (expected === head) heads.set(stream, head + append.events.length);
        made.push(append);
        return append;
      };

      try {
        for (const store of [reference, stores[0]]) {
          await store.append(appendOf(DELETED, NO_STREAM, 'a'));
          await store.deleteStream(DELETED);
        }
        for (let round = 0; round < ROUNDS; round++) {
          const last = await reference.readLast(STREAMS);
          heads.clear();
          for (const [at, event] of last.entries()) heads.set(STREAMS[at] ?? '', event?.revision ?? NO_STREAM);
          const lists = Array.from({ length: 1 + upTo(5) }, () =>
            Array.from({ length: upTo(3) === 0 ? 3 : 1 }, () => drawAppend(upTo(4) === 0)),
          );
          const expected: unknown[] = [];
          for (const list of lists) expected.push(...(await appendLists(reference, [list])));
          const writer = upTo(3);
          const store = stores[writer];
          if (store !== undefined) {
            expect(await appendLists(store, lists), `round ${round}`).to.deep.equal(expected);
            continue;
          }
          for (const [at, list] of lists.entries()) {
            const results = await older.append(list.map((append) => encodeAppend(contractCodec, append)));
            const taken = list.length === 1 ? results[0] : results.filter((each) => !(each instanceof Error));
            const rejected = list.length > 1 ? results.find((each) => each instanceof Error) : undefined;
            const whole = rejected instanceof WrongExpectedRevision ? taken : (rejected ?? taken);
            expect(shown(whole), `round ${round}`).to.deep.equal(expected[at]);
          }
        }
        for (const stream of STREAMS) {
          const ids = async (store: EventStore) => (await all(store.readStream(stream))).map(({ id }) => id);
          expect(await ids(stores[0])).to.deep.equal(await ids(reference));
        }
        expect(log.lines).to.deep.equal([]);
      } finally {
        await Promise.all([...stores.map((store) => store.close()), older.close()]);
        await log.remove();
      }
    });
  }

  it('loses no append and rejects each late one while three processes compete, one of an older version', async () => {
    const log = await postgresLog();
    const older = await olderLogWriter(log.url);
    const stores = [log.open(), log.open()];
    const olderAppend = async (append: Append) => {
      const [result] = await older.append([encodeAppend(contractCodec, append)]);
      if (result === undefined || result instanceof Error) throw result;
      return result;
    };
    const won: { id: string | undefined; position: string }[] = [];
    const lost: (string | undefined)[] = [];
    const compete = async (append: EventStore['append'], stream: string): Promise<void> => {
      for (let at: number = NO_STREAM, count = 0; count < 25; ) {
        const one = appendOf(stream, at, 'x');
        try {
          const { revision, position } = await append(one);
          expect(revision).to.equal(at + 1);
          won.push({ id: one.events[0]?.id, position });
          // As if the response was lost.
          if (count % 5 === 0) expect(await append(one)).to.deep.equal({ revision, position });
          at = revision;
          count += 1;
        } catch (error) {
          if (!(error instanceof WrongExpectedRevision)) throw error;
          expect(error.actual).to.be.greaterThan(at);
          lost.push(one.events[0]?.id);
          at = error.actual;
        }
      }
    };
    const streams = ['runs-1', 'runs-2'];
    const newer = stores.flatMap(({ append }) =>
      streams.flatMap((stream) => [stream, stream].map((one) => compete(append, one))),
    );
    const olderOnes = (async () => {
      for (const stream of streams) await compete(olderAppend, stream);
    })();
    await Promise.all([...newer, olderOnes]);

    const { rows } = await log.admin.query(
      'SELECT id, position::integer, stream, revision FROM log_events ORDER BY position',
    );
    expect(rows.map(({ position }) => position)).to.deep.equal(rows.map((_, index) => index + 1));
    const byPosition = won.toSorted((a, b) => (a.position < b.position ? -1 : 1));
    expect(rows.map(({ id }) => id)).to.deep.equal(byPosition.map(({ id }) => id));
    expect(rows.map(({ id }) => id)).not.to.include.members(lost);
    expect(lost.length).to.be.greaterThan(0);
    for (const stream of streams) {
      const revisions = rows.filter((row) => row.stream === stream).map(({ revision }) => revision);
      expect(revisions).to.deep.equal(revisions.map((_, index) => index));
    }
    await Promise.all([...stores.map((store) => store.close()), older.close()]);
    await log.remove();
  });

  it('sees what others committed and flushes its own, whatever the defaults of the database', async () => {
    const log = await postgresLog();
    const database = new URL(log.url).pathname.slice(1);
    await log.admin.query(`ALTER DATABASE ${database} SET default_transaction_isolation TO 'serializable'`);
    const stores = [log.open(), log.open()];
    await Promise.all(
      stores.map(async (store, index) => {
        for (let revision = NO_STREAM; revision < 20; revision++)
          await store.append(appendOf(`runs-${index}`, revision, 'x'));
      }),
    );
    expect(log.lines).to.deep.equal([]);

    expect((await log.admin.query('SHOW synchronous_commit')).rows).to.deep.equal([{ synchronous_commit: 'off' }]);
    await log.admin.query(PREPARE_WRITER);
    expect((await log.admin.query('SHOW synchronous_commit')).rows).to.deep.equal([{ synchronous_commit: 'on' }]);
    await log.admin.query(`ALTER DATABASE ${database} RESET ALL`);
    await Promise.all(stores.map((store) => store.close()));
    await log.remove();
  });

  it('sends one statement for each batch of appends', async () => {
    const log = await postgresLog();
    const sync = Buffer.from('S\0\0\0\u0004');
    let statements = 0;
    const proxy = await startProxy(log.url, () => ({
      fromClient: (chunk, pass) => {
        for (let at = chunk.indexOf(sync); at >= 0; at = chunk.indexOf(sync, at + 1)) statements += 1;
        pass();
      },
      fromServer: (_chunk, pass) => pass(),
    }));
    const connection = { connectionString: proxy.url };
    const store = createPostgresEventStore({ connection, codec: contractCodec, world: manualWorld() });
    await store.append(appendOf('runs-1', NO_STREAM, 'x'));
    const before = statements;
    for (let revision = 0; revision < 5; revision++) {
      await Promise.all([
        store.append(appendOf('runs-1', revision, 'x', 'y')).catch(() => {}),
        store.append(appendOf(`runs-2-${revision}`, NO_STREAM, 'x')),
        store.append(appendOf('runs-1', 77, 'x')).catch(() => {}),
      ]);
    }
    expect(statements - before).to.equal(5);
    await store.close();
    await proxy.close();
    await log.remove();
  });
});
