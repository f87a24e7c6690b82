import { PREFIX_OF } from '../domain/streams.ts';
import type { TenantChoice } from '../domain/values.ts';
import type { EventStore } from '../event-store/port.ts';
import { readLog } from '../event-store/read-log.ts';
import { createSemaphore, createSemaphores } from '../runtime/semaphore.ts';
import type { World } from '../runtime/world.ts';
import { createLogReading, type LogExplanation, type LogReadingOptions } from './log-reading.ts';

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

const LEDGER = { streamPrefixes: [PREFIX_OF.job, PREFIX_OF.runs, PREFIX_OF.calendar, PREFIX_OF.pause] };

export const createExplainLog = ({ store, world }: ExplainDeps): ExplainLog => {
  const turns = createSemaphore(1);
  const turnsOf = createSemaphores<TenantChoice>(1);
  const explain: ExplainLog = async ({ signal = new AbortController().signal, ...asked }) => {
    if (signal.aborted) return undefined;
    const end = await store.end();
    const nowMs = world.clock.now();
    const reading = createLogReading(asked);
    const pages = end === undefined ? [] : readLog(store, { ...LEDGER, end, signal });
    for await (const { events, parked } of pages) {
      events.forEach(reading.take);
      if (parked !== undefined) reading.park(parked.stream, parked.message);
    }
    const rest = reading.end(nowMs);
    for (let step = rest.next(); !signal.aborted; step = rest.next()) {
      if (step.done) return step.value;
      await world.timers.sleep(0);
    }
    return undefined;
  };
  return (asked) => turnsOf.run(asked.tenant, () => turns.run(() => explain(asked)));
};
