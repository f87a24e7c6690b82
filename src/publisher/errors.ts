/** Topics are missing and could not be created with the configured partitions and replicas. */
export class TopicsMissing extends Error {
  override readonly name = 'TopicsMissing';
  readonly code = 'TOPICS_MISSING';
  readonly topics: readonly string[];
  constructor(at: { topics: readonly string[]; partitions: number; replication: number; why: string }) {
    super(
      `Topics ${at.topics.join(', ')} are missing, and creating them with ${at.partitions} partitions and ${at.replication} replicas failed (${at.why}). Create them, or change KAFKA_PARTITIONS, KAFKA_REPLICATION or the rights of this user.`,
    );
    this.topics = at.topics;
  }
}

/** Another publisher of the same log has taken over since this one last published. */
export class Replaced extends Error {
  override readonly name = 'Replaced';
  readonly code = 'PUBLISHER_REPLACED';
  constructor() {
    super('another publisher has taken over; this one is on standby until the other one stops');
  }
}

/** Kafka did not respond in time. */
export class KafkaSilent extends Error {
  override readonly name = 'KafkaSilent';
  readonly code = 'KAFKA_SILENT';
  constructor(what: string, afterMs: number) {
    super(`Kafka did not ${what} within ${afterMs} ms`);
  }
}

/** A connection to Kafka was lost. What was committed over it last may not have become visible. */
export class ConnectionLost extends Error {
  override readonly name = 'ConnectionLost';
  readonly code = 'KAFKA_CONNECTION_LOST';
  constructor() {
    super('lost a connection to Kafka');
  }
}

export class RepublishRejected extends Error {
  override readonly name = 'RepublishRejected';
  readonly code = 'REPUBLISH_REJECTED';
}

const FENCED = new Set(['INVALID_PRODUCER_EPOCH', 'PRODUCER_FENCED', 'INVALID_PRODUCER_ID_MAPPING']);
/** Errors of a broker that is still ending the last transaction, or while a coordinator or leader is elected. */
const NOT_YET = new Set([
  'CONCURRENT_TRANSACTIONS',
  'GROUP_COORDINATOR_NOT_AVAILABLE',
  'GROUP_LOAD_IN_PROGRESS',
  'LEADER_NOT_AVAILABLE',
  'NOT_COORDINATOR_FOR_GROUP',
  'NOT_LEADER_FOR_PARTITION',
]);

/** Returns whether a newer producer fenced this one off, or the broker aborted its transaction. */
export const isFenced = (error: unknown): boolean => hasType(error, FENCED);

/** Returns whether a broker requests a retry, or no transaction coordinator is available yet. */
export const isNotYet = (error: unknown): boolean =>
  hasType(error, NOT_YET) || (error instanceof Error && error.name === 'KafkaJSGroupCoordinatorNotFound');

const hasType = (error: unknown, types: ReadonlySet<string>): boolean =>
  error instanceof Error &&
  (('type' in error && typeof error.type === 'string' && types.has(error.type)) || hasType(error.cause, types));
