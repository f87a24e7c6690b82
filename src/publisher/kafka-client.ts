import { Kafka, type LogEntry, logLevel, Partitioners, type Producer, type SASLOptions } from 'kafkajs';
import type { Logger } from '../world.ts';
import { quietenRequestQueue } from './quiet-request-queue.ts';

export type KafkaSettings = {
  readonly brokers: readonly string[];
  readonly ssl: boolean;
  readonly sasl?: {
    readonly mechanism: 'plain' | 'scram-sha-256' | 'scram-sha-512';
    readonly username: string;
    readonly password: string;
  };
  /** May contain `{tenant}`. */
  readonly topicPrefix: string;
  /** Of topics that are created. */
  readonly partitions: number;
  readonly replication: number;
  /** Where the first publishing of a log begins. */
  readonly start: 'beginning' | 'now';
};

/**
 * The first request after a commit is answered CONCURRENT_TRANSACTIONS for a few ms. By default kafkajs waits 300 ms
 * then, and more: 156 ms for a transaction of one message, where these make it 4 to 10 ms.
 */
const RETRY = { initialRetryTime: 5, factor: 0.2, multiplier: 1.5, maxRetryTime: 1_000, retries: 12 };

/** After this the broker ends an open transaction, so that readers are not held up by a publisher that stalled. */
const TRANSACTION_TIMEOUT_MS = 30_000;

export const createKafka = ({ brokers, ssl, sasl }: KafkaSettings, log: Logger): Kafka => {
  quietenRequestQueue();
  return new Kafka({
    clientId: 'carillon',
    brokers: [...brokers],
    ssl,
    ...(sasl === undefined ? {} : { sasl: saslOf(sasl) }),
    retry: RETRY,
    logLevel: logLevel.INFO,
    logCreator: () => (entry) => passOn(entry, log),
  });
};

const saslOf = ({ mechanism, ...user }: NonNullable<KafkaSettings['sasl']>): SASLOptions => {
  switch (mechanism) {
    case 'plain':
      return { mechanism, ...user };
    case 'scram-sha-256':
      return { mechanism, ...user };
    case 'scram-sha-512':
      return { mechanism, ...user };
  }
};

/** One transaction at a time, and none beside another producer of the same id: an older one is fenced off. */
export const createProducer = (kafka: Kafka, transactionalId: string): Producer =>
  kafka.producer({
    transactionalId,
    idempotent: true,
    maxInFlightRequests: 1,
    transactionTimeout: TRANSACTION_TIMEOUT_MS,
    allowAutoTopicCreation: false,
    createPartitioner: Partitioners.DefaultPartitioner,
  });

/** kafkajs calls each of its retries an error. What is really wrong the publisher says itself, once. */
const passOn = (
  { namespace, label, log: { message, logger: _, timestamp: __, stack: ___, ...fields } }: LogEntry,
  log: Logger,
) => log.debug({ kafkajs: label, namespace, ...fields }, message);
