import { once } from 'node:events';
import { parseArgs } from 'node:util';
import { isOnPath, startBroker } from '../test/support/kafka.ts';

/** npm run kafka [-- --port 9092]: a Kafka of one node on this machine, until Ctrl-C; its data goes with it. */
const { values } = parseArgs({ options: { port: { type: 'string', default: '9092' } } });

if (!isOnPath('java') || !isOnPath('mvn')) {
  console.error('This needs Java 17 or newer (java) and Maven (mvn) on the PATH. On Debian: apt install maven');
  process.exit(1);
}

const broker = await startBroker({ port: Number(values.port), say: console.log }).catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exit(1);
});
const address = broker.brokers.join(',');
console.log(`Kafka is running at ${address}. Ctrl-C ends it.

Publish to it:
  KAFKA_BROKERS=${address} npm start

Read what is published:
  KAFKA_BROKERS=${address} node examples/kafka-consumer/main.mjs
  kcat -C -b ${address} -t scheduler.job.events -X isolation.level=read_committed -f '%h\\n%s\\n'`);

await Promise.race([once(process, 'SIGINT'), once(process, 'SIGTERM')]);
await broker.stop();
