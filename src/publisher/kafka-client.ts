import { createRequire } from 'node:module';
import { connect as connectTcp, isIP } from 'node:net';
import { connect as connectTls } from 'node:tls';
import {
  type ISocketFactory,
  Kafka,
  type LogEntry,
  logLevel,
  Partitioners,
  type Producer,
  type RetryOptions,
  type SASLOptions,
} from 'kafkajs';
import type { Logger } from '../runtime/runtime.ts';

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
  /** Where to start if the log was never published. */
  readonly start: 'beginning' | 'now';
};

/** The defaults of kafkajs wait 300 ms and more before a retry. */
const RETRY: RetryOptions = { initialRetryTime: 5, factor: 0.2, multiplier: 1.5, maxRetryTime: 1_000, retries: 12 };
/** The fewest retries that kafkajs takes of an idempotent producer. */
const ONE_RETRY: RetryOptions = { ...RETRY, retries: 1 };
const NO_RETRY: RetryOptions = { ...RETRY, retries: 0 };
const KEEP_ALIVE_MS = 60_000;

/** The broker aborts a transaction that is open for this long, so that a stalled publisher does not block readers. */
const TRANSACTION_TIMEOUT_MS = 30_000;

export const createKafka = (settings: KafkaSettings, log: Logger): Kafka =>
  new Kafka({ ...commonOptions(settings, log), retry: RETRY });

const commonOptions = ({ brokers, ssl, sasl }: KafkaSettings, log: Logger) => {
  patchRequestQueueTimer();
  return {
    clientId: 'carillon',
    brokers: [...brokers],
    ssl,
    ...(sasl === undefined ? {} : { sasl: saslOf(sasl) }),
    logLevel: logLevel.INFO,
    logCreator: () => (entry: LogEntry) => forwardLog(entry, log),
  };
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

/**
 * Creates a producer for one transaction at a time. An older producer with the same id is fenced off. The producer does not
 * survive the loss of its broker: its requests then fail and are not retried with the restarted broker, which may have lost
 * the end of an earlier transaction.
 */
export const createProducer = (
  settings: KafkaSettings,
  log: Logger,
  { transactionalId, onClosed }: { readonly transactionalId: string; readonly onClosed: () => void },
): Producer =>
  new Kafka({
    ...commonOptions(settings, log),
    retry: NO_RETRY,
    socketFactory: socketsWith(onClosed),
  }).producer({
    transactionalId,
    idempotent: true,
    maxInFlightRequests: 1,
    transactionTimeout: TRANSACTION_TIMEOUT_MS,
    allowAutoTopicCreation: false,
    createPartitioner: Partitioners.DefaultPartitioner,
    retry: ONE_RETRY,
  });

/** Connects like kafkajs does by default. */
const socketsWith =
  (onClosed: () => void): ISocketFactory =>
  ({ host, port, ssl, onConnect }) => {
    const name = isIP(host) === 0 ? { servername: host } : {};
    const socket = ssl ? connectTls({ host, port, ...name, ...ssl }, onConnect) : connectTcp({ host, port }, onConnect);
    socket.setKeepAlive(true, KEEP_ALIVE_MS);
    socket.once('close', onClosed);
    return socket;
  };

/** Logs kafkajs messages at debug level: it reports each retry as an error, and the publisher logs real failures. */
const forwardLog = (
  { namespace, label, log: { message, logger: _, timestamp: __, stack: ___, ...fields } }: LogEntry,
  log: Logger,
) => log.debug({ kafkajs: label, namespace, ...fields }, message);

type RequestQueue = { readonly pending: readonly unknown[]; readonly throttledUntil: number };
type RequestQueuePrototype = { scheduleCheckPendingRequests(this: RequestQueue): void };

/** An internal module of kafkajs 2.2.4; a test checks that it still exists. */
export const REQUEST_QUEUE = 'kafkajs/src/network/requestQueue';

const quietened = new WeakSet<RequestQueuePrototype>();

/**
 * Prevents kafkajs from setting a timer every millisecond while idle (kafkajs issue 1751). Changes nothing if the module
 * differs from what is expected.
 */
export const patchRequestQueueTimer = (): void => {
  const queue: unknown = createRequire(import.meta.url)(REQUEST_QUEUE);
  const prototype: unknown = typeof queue === 'function' ? queue.prototype : undefined;
  if (!isScheduling(prototype) || quietened.has(prototype)) return;
  quietened.add(prototype);
  const schedule = prototype.scheduleCheckPendingRequests;
  prototype.scheduleCheckPendingRequests = function quiet(this: RequestQueue) {
    if (this.pending.length > 0 || this.throttledUntil > Date.now()) schedule.call(this);
  };
};

const isScheduling = (value: unknown): value is RequestQueuePrototype =>
  typeof value === 'object' &&
  value !== null &&
  'scheduleCheckPendingRequests' in value &&
  typeof value.scheduleCheckPendingRequests === 'function';
