import { isRunEvent } from '../../../src/domain/events/index.ts';
import { EVERY_TENANT } from '../../../src/domain/values.ts';
import { createLogReading, type ExplainReport, type LogReading } from '../../../src/explain/log-reading.ts';
import type { Run } from '../simulate.ts';

type Events = Run['events'];

/**
 * The product's own check of the log finds what there is to find; `checkLedger` reckons the same without it. Where it
 * begins to read makes no difference.
 */
export const checkExplained = ({ events, endedAtMs }: Pick<Run, 'events' | 'endedAtMs'>): string[] => {
  const whole = explained(events, Number.NEGATIVE_INFINITY, endedAtMs);
  const place = Math.floor(events.length / 3);
  const sinceMs = (events[place]?.recordedAt ?? endedAtMs) + SETTLED_AHEAD_MS;
  const part = explainedFrom(place, events, { sinceMs, endedAtMs });
  const isSame = part === undefined || JSON.stringify(part) === JSON.stringify(explained(events, sinceMs, endedAtMs));
  return [
    ...whole.faults.first.map(({ jobId, kind, firstMs, lastMs }) => {
      return `job ${jobId}: ${new Date(firstMs).toISOString()} to ${new Date(lastMs).toISOString()} is ${kind}`;
    }),
    ...whole.unreadable.map(({ jobId, reason: because }) => `job ${jobId} cannot be judged: ${because}`),
    ...(isSame ? [] : [`from event ${place} on the log explains its slots otherwise`]),
  ];
};

const SETTLED_AHEAD_MS = 2_000;

const explained = (events: Events, afterMs: number, endedAtMs: number): ExplainReport => {
  const reading = createLogReading({ tenant: EVERY_TENANT, span: { afterMs, untilMs: endedAtMs } });
  for (const event of events) reading.take(event);
  return endOf(reading, endedAtMs);
};

/** Undefined where slots after the instant were settled before the place. */
const explainedFrom = (
  place: number,
  events: Events,
  { sinceMs, endedAtMs }: { readonly sinceMs: number; readonly endedAtMs: number },
): ExplainReport | undefined => {
  const reading = createLogReading({ tenant: EVERY_TENANT, span: { afterMs: sinceMs, untilMs: endedAtMs } });
  const [before, since] = [events.slice(0, place), events.slice(place)];
  for (const event of before) if (!isRunEvent(event)) reading.take(event);
  const lastOf = (stream: string) => before.findLast((event) => event.stream === stream);
  for (const event of since) {
    const last = reading.isBehind(event) ? lastOf(event.stream) : undefined;
    if (last !== undefined && !reading.resume(last)) return undefined;
    reading.take(event);
  }
  for (const stream of reading.untaken()) {
    const last = lastOf(stream);
    if (last !== undefined && !reading.resume(last)) return undefined;
  }
  return endOf(reading, endedAtMs);
};

const endOf = (reading: LogReading, endedAtMs: number): ExplainReport => {
  const rest = reading.end(endedAtMs);
  let step = rest.next();
  while (!step.done) step = rest.next();
  return step.value;
};
