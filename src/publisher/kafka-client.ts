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
  /** The partitions of topics that the publisher creates. */
  readonly partitions: number;
  readonly replication: number;
  /** Where publishing begins if the log was never published. */
  readonly start: 'beginning' | 'now';
};

/**
 * For a few ms after a commit, brokers answer requests with CONCURRENT_TRANSACTIONS. The defaults of kafkajs wait 300
 * ms and more before the retry. A transaction of one message took 156 ms with them, and takes 4 to 10 ms with these.
 */
const RETRY = { initialRetryTime: 5, factor: 0.2, multiplier: 1.5, maxRetryTime: 1_000, retries: 12 };

/** The broker aborts a transaction that is open for this long, so that a stalled publisher does not block readers. */
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
    logCreator: () => (entry) => forwardLog(entry, log),
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

/** Creates a producer for one transaction at a time. An older producer with the same id is fenced off. */
export const createProducer = (kafka: Kafka, transactionalId: string): Producer =>
  kafka.producer({
    transactionalId,
    idempotent: true,
    maxInFlightRequests: 1,
    transactionTimeout: TRANSACTION_TIMEOUT_MS,
    allowAutoTopicCreation: false,
    createPartitioner: Partitioners.DefaultPartitioner,
  });

/**
 * Passes log lines of kafkajs on at debug level: it reports each retry as an error, and the publisher logs real
 * failures.
 */
const forwardLog = (
  { namespace, label, log: { message, logger: _, timestamp: __, stack: ___, ...fields } }: LogEntry,
  log: Logger,
) => log.debug({ kafkajs: label, namespace, ...fields }, message);
