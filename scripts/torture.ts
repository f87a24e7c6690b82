import { parseArgs } from 'node:util';
import { BLOWS, type Blow, torture } from '../test/chaos/kafka-torture.ts';
import { startBroker } from '../test/support/kafka.ts';
import { freshDatabase, stopTestServer } from '../test/support/postgres.ts';
import { freshPrefix } from '../test/support/publishing.ts';
import { seededRandom } from '../test/support/world.ts';

/**
 * npm run torture -- [--minutes N] [--seed S]: kills publishers and the broker under load for that long, then reads
 * everything back. The last line is one JSON object; the exit code is 0 only when nothing is missing, twice or out of order.
 */
const { values } = parseArgs({
  options: { minutes: { type: 'string', default: '1' }, seed: { type: 'string' } },
});
const minutes = Number(values.minutes);
const seed = Number(values.seed ?? Date.now() % 1_000_000_000);
if (!(minutes > 0 && minutes <= 24 * 60) || !Number.isSafeInteger(seed)) {
  console.error('Usage: npm run torture -- [--minutes 0.1 to 1440] [--seed whole number]');
  process.exit(2);
}

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

const [broker, database] = await Promise.all([startBroker(), freshDatabase()]);
try {
  const options = { seed, broker, databaseUrl: database.url, topicPrefix: freshPrefix(), blows: plan(), jobsABlow: 40 };
  const { messages: _, ...tally } = await torture(options);
  const holds = tally.wrong.length === 0 && tally.found === tally.expected;
  console.log(JSON.stringify({ ...tally, wrong: tally.wrong.slice(0, 20), minutes, holds }));
  process.exitCode = holds ? 0 : 1;
} finally {
  await broker.stop();
  await database.drop();
  await stopTestServer();
}
