import { type EventOf, isRunEvent, type RunTail } from '../../src/domain/events/index.ts';
import type { JobRef } from '../../src/domain/execution/range.ts';
import { runsOfTail } from '../../src/domain/execution/tail.ts';
import { countExpiry, expireExecutions, horizonOf } from '../../src/domain/retention/expire-executions.ts';
import type { RecordedEvent } from '../../src/event-store/port.ts';

const HOUR_MS = 3_600_000;

type ExpiryInput = { readonly job: JobRef; readonly wantedMs: number; readonly tail: RunTail };

/** The event that expires executions of a job with this stream of runs; `undefined` if none expires. */
export const expiryOf = (
  events: readonly RecordedEvent[],
  { job, wantedMs, tail }: ExpiryInput,
): EventOf<'ExecutionsExpired'> | undefined => {
  const runs = runsOfTail(tail);
  const horizonMs = horizonOf(runs, { wantedMs, nextSlotMs: undefined, stepMs: HOUR_MS });
  if (horizonMs === undefined) return undefined;
  const earlier = events.findLast((event) => event.type === 'ExecutionsExpired')?.data;
  const count = countExpiry(earlier, horizonMs);
  for (const event of events) if (isRunEvent(event) && event.revision >= (earlier?.keptFrom ?? 0)) count.take(event);
  const input = { job, wantedMs, nextSlotMs: undefined, stepMs: HOUR_MS, horizonMs, counted: count.counted() };
  return expireExecutions(runs, { ...input, countedBy: runs, revision: events.length })[0];
};

/** The remaining events of a log after its cuts; of cut events, it keeps the chosen ones. */
export const afterCuts = (
  events: readonly RecordedEvent[],
  isLeft: (event: RecordedEvent) => boolean = () => false,
): RecordedEvent[] => {
  const keptFrom = new Map(
    events.flatMap((event) =>
      event.type === 'ExecutionsExpired' ? [[event.stream, event.data.keptFrom] as const] : [],
    ),
  );
  return events.filter((event) => event.revision >= (keptFrom.get(event.stream) ?? 0) || isLeft(event));
};
