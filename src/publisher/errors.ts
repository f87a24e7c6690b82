/** Topics are missing and this client may not or can't create them as it was told to. */
export class TopicsMissing extends Error {
  override readonly name = 'TopicsMissing';
  readonly code = 'TOPICS_MISSING';
  readonly topics: readonly string[];
  constructor(at: { topics: readonly string[]; partitions: number; replication: number; why: string }) {
    super(
      `topics ${at.topics.join(', ')} are missing, and creating them with ${at.partitions} partitions and ${at.replication} replicas failed (${at.why}): create them, or change KAFKA_PARTITIONS, KAFKA_REPLICATION or this user's rights`,
    );
    this.topics = at.topics;
  }
}

/** Another publisher of the same log has taken over since this one last published. */
export class Replaced extends Error {
  override readonly name = 'Replaced';
  readonly code = 'PUBLISHER_REPLACED';
  constructor() {
    super('another publisher has taken over: this one stands by, and takes over again once that one is silent');
  }
}

/** Kafka did not answer in time. */
export class KafkaSilent extends Error {
  override readonly name = 'KafkaSilent';
  readonly code = 'KAFKA_SILENT';
  constructor(what: string, afterMs: number) {
    super(`Kafka did not ${what} within ${afterMs} ms`);
  }
}

/** What was asked to be published again can't be. */
export class RepublishRefused extends Error {
  override readonly name = 'RepublishRefused';
  readonly code = 'REPUBLISH_REFUSED';
}

const FENCED = new Set(['INVALID_PRODUCER_EPOCH', 'PRODUCER_FENCED', 'INVALID_PRODUCER_ID_MAPPING']);

/** Whether the broker knows a newer producer of the same id, or has ended this one's transaction by itself. */
export const isFenced = (error: unknown): boolean =>
  error instanceof Error &&
  (('type' in error && typeof error.type === 'string' && FENCED.has(error.type)) || isFenced(error.cause));
