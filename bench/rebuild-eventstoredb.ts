import { fork } from 'node:child_process';
import { on } from 'node:events';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { createEventStoreDbStore } from '../src/event-store/eventstoredb/store.ts';
import { everyProjection } from '../src/projections/all.ts';
import { requestBuild } from '../src/projections/builds.ts';
import { type Bench, quantile } from './harness.ts';
import { codec, numberAsked, openReadModelHost, type ReadModelHost, world } from './support/read-model-host.ts';
import { runEvents } from './support/seed-runs.ts';

const SERVER = path.join(import.meta.dirname, '../test/support/eventstoredb/fake-process.ts');
const PREFIX = 'bench_';
const JOBS = { first: 1, count: 1_000 };
const ROUNDS = 3;
const Said = z.object({ url: z.string() });

/**
 * A rebuild of all read models from EventStoreDB, compared with reading the same subscription without them. The server is a
 * fake in a separate process, over gRPC; a real one may deliver its log slower or faster, which affects both sides equally.
 * `--executions=` sets the number of executions in the log, with two events each.
 */
export const bench: Bench = async ({ size, say }) => {
  const executions = numberAsked('executions') ?? { full: 50_000, quick: 5_000, smallest: 300 }[size];
  const server = fork(SERVER, { stdio: 'inherit' });
  const messages = on(server, 'message');
  const said = async () => Said.parse((await messages.next()).value?.[0]);
  const { url } = await said();
  say('against a fake EventStoreDB over gRPC');
  const host = await openReadModelHost(() =>
    createEventStoreDbStore({ connectionString: url, prefix: PREFIX, codec, world }),
  );
  try {
    let events = 0;
    const seeded = { applicationId: 1, jobs: JOBS, executions };
    for (const some of runEvents(seeded, { from: 0, until: executions }, new Date().toISOString())) {
      server.send({ prefix: PREFIX, events: some.map(({ stream, event }) => ({ stream, ...codec.encode(event) })) });
      await said();
      events += some.length;
    }
    host.start();
    await host.reach((await host.store.end()) ?? '');
    const drained: number[] = [];
    const rebuilt: number[] = [];
    const cpu: number[] = [];
    for (let round = 1; round <= ROUNDS; round++) {
      const bare = await host.watched(() => drain(host));
      const built = await host.watched(() => rebuild(host, round + 1));
      drained.push((1_000 * events) / bare.tookMs);
      rebuilt.push((1_000 * events) / built.tookMs);
      cpu.push(bare.cpuMs / built.cpuMs);
      say(`drained ${Math.round(drained.at(-1) ?? 0)}/s, rebuilt ${Math.round(rebuilt.at(-1) ?? 0)}/s`);
    }
    const [drainedPerSecond, rebuiltPerSecond] = [quantile(drained, 0.5), quantile(rebuilt, 0.5)];
    return {
      figures: {
        events,
        drainedPerSecond,
        rebuiltPerSecond,
        ofDraining: rebuiltPerSecond / drainedPerSecond,
        ofDrainingByCpu: quantile(cpu, 0.5),
      },
      targets: { ofDraining: { atLeast: 0.7 } },
    };
  } finally {
    await host.close();
    server.disconnect();
  }
};

/** Reads what a rebuild reads: every event with its texts. */
const drain = async ({ store }: ReadModelHost): Promise<void> => {
  const streamPrefixes = [...new Set(everyProjection.flatMap((projection) => projection.streamPrefixes))];
  const done = new AbortController();
  const items = store.subscribe({ streamPrefixes, as: 'both', signal: done.signal });
  for await (const item of items) if (item.kind === 'caughtUp') done.abort();
};

const rebuild = async (host: ReadModelHost, generation: number): Promise<void> => {
  const order = { purpose: 'rebuild', compares: false } as const;
  await requestBuild(host.pool, { name: 'all', projections: everyProjection }, order);
  for (;;) {
    const { rows } = await host.database.query(LIVE);
    if (z.tuple([z.object({ generation: z.int() })]).parse(rows)[0].generation === generation) return;
    await sleep(POLL_INTERVAL_MS);
  }
};
const LIVE = "select min(generation) as generation from projection_generations where state = 'live'";
const POLL_INTERVAL_MS = 20;
