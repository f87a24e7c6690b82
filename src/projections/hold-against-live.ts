import type { Session } from '../db/session.ts';
import { comparePositions, type EventStore, type Position, type RecordedEvent } from '../event-store/port.ts';
import type { Comparison } from './builds.ts';
import { compareTables } from './compare.ts';
import { eventsAfter } from './feed-batches.ts';
import { findGenerations, type Generation } from './registry.ts';

type HoldOptions = {
  readonly store: Pick<EventStore, 'subscribe'>;
  /** Limit of one statement. */
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
};

/**
 * Compares a generation that was built with the live one, while that goes on. One snapshot shows the live tables and
 * their checkpoint; in the same transaction, the events up to this checkpoint are applied to the built tables. So both
 * are compared at the same place of the log. Then the transaction is rolled back: these events are applied again later.
 * @returns undefined if the live generation is still behind the built one
 */
export const holdAgainstLive = async (
  { client }: Session,
  built: Generation,
  { store, timeoutMs, signal }: HoldOptions,
): Promise<Comparison | undefined> => {
  const { projection, checkpoint, schema } = built;
  await client.query(
    `BEGIN ISOLATION LEVEL REPEATABLE READ; SET LOCAL statement_timeout TO ${timeoutMs};
     SET LOCAL enable_seqscan TO on; SET LOCAL work_mem TO '64MB'`,
  );
  try {
    const [live] = await findGenerations(client, [projection], 'live');
    const position = live?.checkpoint.position;
    if (live === undefined || position === undefined) return undefined;
    if (comparePositions(position, checkpoint.lastEvent?.position ?? position) < 0) return undefined;
    const events = await eventsUpTo(position, built, { store, signal });
    signal.throwIfAborted();
    if (events.length > 0) await projection.project(events)?.(client, schema);
    const { count, first } = await compareTables(
      client,
      { live: live.schema, built: schema, tables: projection.views },
      timeoutMs,
    );
    return { position, count, differences: first };
  } finally {
    await client.query('ROLLBACK').catch(() => {});
  }
};

/** Reads the events after the generation's checkpoint up to this position. */
const eventsUpTo = async (
  position: Position,
  { checkpoint, projection }: Generation,
  { store, signal }: Pick<HoldOptions, 'store' | 'signal'>,
): Promise<RecordedEvent[]> => {
  const found: RecordedEvent[] = [];
  const after = checkpoint.position;
  if (after !== undefined && comparePositions(position, after) <= 0) return found;
  const { streamPrefixes, readsTexts } = projection;
  const as = readsTexts ? 'texts' : 'events';
  for await (const item of store.subscribe({ after, streamPrefixes, as, signal })) {
    if (item.kind === 'events') {
      found.push(...item.events.filter((event) => comparePositions(event.position, position) <= 0));
    }
    const reached = item.kind === 'events' ? item.events.at(-1)?.position : item.position;
    if (reached !== undefined && comparePositions(reached, position) >= 0) break;
  }
  return [...eventsAfter(after, projection, { events: found, texts: found })];
};
