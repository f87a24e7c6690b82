import { PREFIX_OF } from '../domain/streams.ts';
import type { TenantChoice } from '../domain/values.ts';
import { comparePositions, type EventStore, LOG_START, type Position } from '../event-store/port.ts';
import { createSemaphore, createSemaphores } from '../runtime/semaphore.ts';
import type { World } from '../runtime/world.ts';
import { createLogReading, type LogExplanation, type LogReading, type LogReadingOptions } from './log-reading.ts';

/**
 * Checks the ledger of all jobs of a tenant, or of all tenants, against their schedules: by nothing but the log, read from
 * its beginning to the end that it has now, and not by the read models. One check at a time, so that it takes little from the
 * rest of the process, and tenants take turns: of each, one is under way or next.
 * @returns undefined where nobody waits for it any more
 */
export type ExplainLog = (
  asked: LogReadingOptions & { readonly signal?: AbortSignal },
) => Promise<LogExplanation | undefined>;

type ExplainDeps = {
  readonly store: Pick<EventStore, 'end' | 'subscribe'>;
  readonly world: Pick<World, 'clock' | 'timers'>;
};

const STREAM_PREFIXES = [PREFIX_OF.job, PREFIX_OF.runs, PREFIX_OF.calendar, PREFIX_OF.pause];

export const createExplainLog = ({ store, world }: ExplainDeps): ExplainLog => {
  const turns = createSemaphore(1);
  const turnsOf = createSemaphores<TenantChoice>(1);
  const explain: ExplainLog = async ({ signal = new AbortController().signal, ...asked }) => {
    if (signal.aborted) return undefined;
    const end = await store.end();
    const nowMs = world.clock.now();
    const reading = createLogReading(asked);
    if (end !== undefined) await readUntil(store, end, { reading, signal });
    const rest = reading.end(nowMs);
    for (let step = rest.next(); !signal.aborted; step = rest.next()) {
      if (step.done) return step.value;
      await world.timers.sleep(0);
    }
    return undefined;
  };
  return (asked) => turnsOf.run(asked.tenant, () => turns.run(() => explain(asked)));
};

type Reader = { readonly reading: LogReading; readonly signal: AbortSignal };

/** Reads each event up to `end` once; a subscription may deliver some again. */
const readUntil = async (
  store: Pick<EventStore, 'subscribe'>,
  end: Position,
  { reading, signal }: Reader,
): Promise<void> => {
  const done = new AbortController();
  let reached = LOG_START;
  try {
    const until = AbortSignal.any([signal, done.signal]);
    for await (const item of store.subscribe({ streamPrefixes: STREAM_PREFIXES, signal: until })) {
      if (item.kind === 'events') {
        for (const event of item.events) {
          if (comparePositions(event.position, reached) <= 0) continue;
          if (comparePositions(event.position, end) > 0) return;
          reading.take(event);
          reached = event.position;
        }
      } else if (comparePositions(item.position, reached) > 0) {
        if (item.kind === 'parked') reading.park(item.parked.stream, item.parked.message);
        reached = item.position;
      }
      if (comparePositions(reached, end) >= 0) return;
    }
  } finally {
    done.abort();
  }
};
