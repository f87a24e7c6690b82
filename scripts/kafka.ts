import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { Kafka, logLevel } from 'kafkajs';
import { isOnPath, startBroker } from '../test/support/kafka.ts';

/**
 * npm run kafka [-- --port 9092]: runs a single-node Kafka on this machine and a Carillon that publishes to it, and prints
 * each message, until Ctrl-C. Kafka's data is deleted afterwards; Carillon's stays where its settings state.
 */
const { values } = parseArgs({ options: { port: { type: 'string', default: '9092' } } });

if (!isOnPath('java') || !isOnPath('mvn')) {
  console.error('This needs Java 17 or newer (java) and Maven (mvn) on the PATH. On Debian: apt install maven');
  process.exit(1);
}

const TOPIC = 'scheduler.job.events';
const interrupted = Promise.race([once(process, 'SIGINT'), once(process, 'SIGTERM')]);

const broker = await startBroker({ port: Number(values.port), say: console.log }).catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exit(1);
});
const address = broker.brokers.join(',');
console.log(`Kafka is running at ${address}.`);

/** A separate process group, which Ctrl-C on the terminal does not reach, because it is stopped in order. */
const run = (...args: readonly string[]): ChildProcess =>
  spawn(process.execPath, [...process.execArgv, ...args], {
    detached: true,
    stdio: ['ignore', 'inherit', 'inherit'],
    // kafkajs reports each retry as an error.
    env: { LOG_LEVEL: 'warn', KAFKAJS_LOG_LEVEL: 'NOTHING', ...process.env, KAFKA_BROKERS: address },
  });
const stopped = async (child: ChildProcess): Promise<void> => {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill('SIGTERM');
  await once(child, 'exit');
};

const carillon = run('src/main.ts', 'start');
const ended = Promise.race([interrupted, once(carillon, 'exit')]);

/** Resolves once the publisher has made the topic. */
const topicIsThere = async (): Promise<void> => {
  const admin = new Kafka({
    clientId: 'npm-run-kafka',
    brokers: [...broker.brokers],
    logLevel: logLevel.NOTHING,
  }).admin();
  await admin.connect();
  while (carillon.exitCode === null && !(await admin.listTopics()).includes(TOPIC)) await delay(200);
  await admin.disconnect();
};
await Promise.race([topicIsThere(), ended]);

console.log(`What is published to ${TOPIC}, as it comes, by examples/kafka-consumer. Ctrl-C ends it all:`);
const reader = run('examples/kafka-consumer/main.mjs');
await ended;
await stopped(reader);
await stopped(carillon);
await broker.stop();
