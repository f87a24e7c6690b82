import { parseArgs } from 'node:util';
import { tortureEngines } from '../test/long/chaos/engines-torture.ts';
import { BLOWS, type Blow, torture } from '../test/long/chaos/kafka-torture.ts';
import { LOGS, type LogKind } from '../test/long/chaos/struck-engines.ts';
import { startBroker } from '../test/support/kafka.ts';
import { freshDatabase } from '../test/support/postgres.ts';
import { freshPrefix } from '../test/support/publishing.ts';
import { shareServers } from '../test/support/shared-servers.ts';
import { seededRandom } from '../test/support/world.ts';

/**
 * npm run torture -- [engines|publisher] [--minutes N] [--log postgres|eventstoredb] [--seed S]
 *
 * `engines` kills, freezes and cuts off three engines, and silences, stops and crashes their Postgres (or the log), while
 * users use all of run control. Workers of two queues, and the API process that they use, are struck all the time. Then it
 * checks the invariants: each due slot was called once, or the log explains it; each attempt at work had one worker, which
 * lost it only if it was silent for a lease; attempts, cancelling, callbacks, limits, pauses and backfills follow the rules
 * of their jobs. `publisher` kills
 * publishers and a Kafka broker under load, then reads everything back; it needs Java, and has its log in Postgres.
 *
 * A job is `stuck` if no slot was called within 15 s of a strike's end: for a killed or restarted engine, after its new
 * process claims. `missedInRestarts` counts the slots missed between an orderly restart and the first call of each job
 * after it, except slots that only the next strike prevented.
 *
 * The last line is one JSON object; the exit code is 0 only when it holds.
 */
const BENCHES = ['engines', 'publisher'] as const;
type Bench = (typeof BENCHES)[number];

const isBench = (name: string): name is Bench => BENCHES.some((each) => each === name);
const isLog = (name: string): name is LogKind => LOGS.some((each) => each === name);

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    minutes: { type: 'string', default: '1' },
    seed: { type: 'string' },
    log: { type: 'string', default: 'postgres' },
  },
});
const [bench = 'engines', ...others] = positionals;
const { log } = values;
const minutes = Number(values.minutes);
const seed = Number(values.seed ?? Date.now() % 1_000_000_000);
const MAX_TOLD = 20;
/** To start, to stop and to balance the books. */
const BESIDE_MS = 6 * 60_000;

type Told = {
  readonly doubled: number;
  readonly unexplained: number;
  readonly stuck: number;
  readonly wrong: readonly string[];
};

const tell = ({ wrong, ...tally }: Told): void => {
  const holds = tally.doubled === 0 && tally.unexplained === 0 && tally.stuck === 0 && wrong.length === 0;
  console.log(JSON.stringify({ bench, log, minutes, ...tally, wrong: wrong.slice(0, MAX_TOLD), holds }));
  process.exitCode = holds ? 0 : 1;
};

/** Blows drawn from the seed until the time is over; one at least. */
function* plan(): Generator<Blow> {
  const random = seededRandom(seed + 1);
  const endMs = performance.now() + minutes * 60_000;
  for (let count = 1; count === 1 || performance.now() < endMs; count++) {
    const blow = BLOWS[Math.floor(random.fraction() * BLOWS.length)] ?? 'kill the publisher';
    console.error(`${count}: ${blow}`);
    yield blow;
  }
}

const torturePublisher = async (): Promise<void> => {
  const servers = await shareServers();
  const [broker, database] = await Promise.all([startBroker(), freshDatabase()]);
  try {
    const options = {
      seed,
      broker,
      databaseUrl: database.url,
      topicPrefix: freshPrefix(),
      blows: plan(),
      jobsABlow: 40,
    };
    const { messages: _, ...tally } = await torture(options);
    const doubled = Math.max(0, tally.found - tally.expected);
    tell({ ...tally, doubled, unexplained: tally.wrong.length, stuck: 0 });
  } finally {
    await broker.stop();
    await database.drop();
    await servers.stop();
  }
};

const RUN: Readonly<Record<Bench, (log: LogKind) => Promise<void>>> = {
  engines: async (kind) => tell(await tortureEngines({ log: kind, minutes, seed, say: (what) => console.error(what) })),
  publisher: torturePublisher,
};

const isUsage = minutes > 0 && minutes <= 24 * 60 && Number.isSafeInteger(seed) && others.length === 0;
if (!isUsage || !isBench(bench) || !isLog(log) || (bench === 'publisher' && log !== 'postgres')) {
  console.error(
    'Usage: npm run torture -- [engines|publisher] [--minutes 0.1 to 1440] [--log postgres|eventstoredb] [--seed whole number]; publisher has its log in postgres',
  );
  process.exit(2);
}
const overtime = setTimeout(
  () => {
    tell({ doubled: 0, unexplained: 0, stuck: 1, wrong: ['the torture itself did not end in time'] });
    process.exit(1);
  },
  minutes * 60_000 + BESIDE_MS,
);
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1));
await RUN[bench](log);
clearTimeout(overtime);
