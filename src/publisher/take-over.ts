import type { Message, Producer } from 'kafkajs';
import {
  beginTransaction,
  type KafkaReader,
  type OffsetSpan,
  placeOf,
  readOffsets,
  sendAll,
} from './kafka-requests.ts';
import { type PositionRecord, readLastRecord, recordMessage } from './position-record.ts';
import { NOTHING_VISIBLE, readVisible, type VisibleMessages } from './visible-messages.ts';

type TakeOverInput = KafkaReader & {
  readonly producer: Producer;
  /** Lists all topics with messages of this publisher. */
  readonly listTopics: () => Promise<readonly string[]>;
};

type TakenOver = {
  /** The position to continue from; `undefined` if nothing was published yet. */
  readonly last: PositionRecord | undefined;
  /** Messages after that position that are already published. */
  readonly visible: VisibleMessages;
};

const UNDECIDED = 'Kafka left a transaction of the last publisher undecided; its missing events are published again';

/**
 * Fences older producers off and resolves their last transaction. With kafkajs this takes a transaction: connecting requests
 * a producer id without the transactional id.
 *
 * After older producers are fenced off, Kafka should have decided all their transactions. But a broker that is killed
 * between deciding a transaction and writing the decision to the partitions may omit some of them after its restart, because
 * it treats partitions without a leader as deleted (Kafka 4.3). Messages there are undecided, and the next commit in their
 * partition would make them visible, even if they were sent again since. So they are aborted: a message to a partition in an
 * aborted transaction also aborts what was undecided there. Then publishing continues before that transaction, without the
 * messages that are visible. This is recorded first, so that the next publisher does the same.
 */
export const takeOver = async (input: TakeOverInput): Promise<TakenOver> => {
  const { listTopics, world } = input;
  const last = await settlePosition(input);
  if (last === undefined) return { last, visible: NOTHING_VISIBLE };
  const known = await listTopics();
  const ends = await abortUndecided(input, known.filter(canDefer(last)));
  if (last.unsure) return { last, visible: await readVisible(ends, last, input) };
  if (last.after === undefined || !ends.some(isUndecided)) return { last, visible: NOTHING_VISIBLE };
  world.log.warn({ topics: last.topics }, UNDECIDED);
  const { logId, publisher, after } = last;
  const before: PositionRecord = { logId, publisher, ...after, unsure: true };
  await commitRecord(input, before);
  return { last: before, visible: await readVisible(ends, before, input) };
};

/**
 * Returns the last record. If a later one is undecided, voids it by recording the last one again, as unsure. Every
 * transaction writes to the topic of positions, so this detects any transaction with possibly undecided messages.
 */
const settlePosition = async (input: TakeOverInput): Promise<PositionRecord | undefined> => {
  const { producer, admin, positionTopic, world } = input;
  const transaction = await beginTransaction(producer, world.timers);
  // Read after older producers are fenced off: none can commit any more.
  const last = await readLastRecord(input);
  const [{ decidedEnd = 0n } = {}] = await readOffsets(admin, positionTopic, world.timers);
  const message = last === undefined ? TO_BE_ABORTED : recordMessage({ ...last, unsure: true });
  const sent = await sendAll(
    transaction,
    [{ topic: positionTopic, messages: [{ ...message, partition: 0 }] }],
    world.timers,
  );
  const offset = sent.get(placeOf({ topic: positionTopic, partition: 0 })) ?? decidedEnd;
  if (last === undefined || offset <= decidedEnd) {
    await transaction.abort();
    return last;
  }
  world.log.warn({ positionTopic }, UNDECIDED);
  await transaction.commit();
  return { ...last, unsure: true };
};

/** Returns a test for topics that may contain undecided messages. */
const canDefer = ({ unsure, topics, after }: PositionRecord): ((topic: string) => boolean) => {
  if (unsure || (topics === undefined && after !== undefined)) return () => true;
  return (topic) => topics?.includes(topic) ?? false;
};

/** A partition's offsets, from its first to the end of its aborted messages. */
type AbortedEnd = OffsetSpan & {
  /** The previous end of decided messages. */
  readonly decidedEnd: bigint;
};

const isUndecided = ({ decidedEnd, end }: AbortedEnd): boolean => end - 1n > decidedEnd;

const abortUndecided = async (
  { producer, admin, world }: TakeOverInput,
  topics: readonly string[],
): Promise<readonly AbortedEnd[]> => {
  if (topics.length === 0) return [];
  const transaction = await beginTransaction(producer, world.timers);
  const found = await Promise.all(
    topics.map(async (topic) => ({ topic, partitions: await readOffsets(admin, topic, world.timers) })),
  );
  const sent = await sendAll(
    transaction,
    found.map(({ topic, partitions }) => ({
      topic,
      messages: partitions.map(({ partition }) => ({ ...TO_BE_ABORTED, partition })),
    })),
    world.timers,
  );
  await transaction.abort();
  return found.flatMap(({ topic, partitions }) =>
    partitions.map(({ partition, low, decidedEnd }) => {
      const offset = sent.get(placeOf({ topic, partition })) ?? decidedEnd;
      return { topic, partition, from: low, decidedEnd, end: offset + 1n };
    }),
  );
};

const commitRecord = async (
  { producer, positionTopic, world }: TakeOverInput,
  record: PositionRecord,
): Promise<void> => {
  const transaction = await beginTransaction(producer, world.timers);
  await sendAll(transaction, [{ topic: positionTopic, messages: [recordMessage(record)] }], world.timers);
  await transaction.commit();
};

const TO_BE_ABORTED: Message = { key: 'aborted', value: null };
