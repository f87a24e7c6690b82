import { Kafka } from 'kafkajs';

/**
 * Prints what happens to jobs. KAFKA_BROKERS names the brokers, TOPIC another topic, GROUP another group; readers of
 * one group share the work. Consumers of kafkajs read committed messages alone, unless they ask for others.
 */
const { KAFKA_BROKERS = '127.0.0.1:9092', TOPIC = 'scheduler.job.events', GROUP = 'example' } = process.env;

const consumer = new Kafka({ clientId: 'example', brokers: KAFKA_BROKERS.split(',') }).consumer({
  groupId: GROUP,
  readUncommitted: false,
});

/**
 * Each event is in the topic once, so this only serves a reader that may see a message again: it crashed after its
 * work and before its offset was committed, or it reads a replay beside the original.
 */
const seen = new Set();
const REMEMBERED = 10_000;
const isNew = (id) => {
  if (seen.has(id)) return false;
  seen.add(id);
  const [oldest] = seen;
  if (seen.size > REMEMBERED && oldest !== undefined) seen.delete(oldest);
  return true;
};

const summary = (data) => [data.name, data.status, data.error?.code].filter((part) => part !== undefined).join(' ');

await consumer.connect();
await consumer.subscribe({ topic: TOPIC, fromBeginning: true });
await consumer.run({
  eachMessage: async ({ message: { key, value, headers = {} } }) => {
    const { ce_id: id, ce_type: type, ce_time: time, ce_subject: subject } = headers;
    if (!isNew(String(id))) return;
    const data = value === null ? null : JSON.parse(value.toString());
    console.log(String(time), String(type), String(subject), data === null ? `job ${key} is gone` : summary(data));
  },
});

for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => consumer.disconnect());
