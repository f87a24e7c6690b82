import { z } from 'zod';
import { quantile } from '../harness.ts';
import type { BenchServer } from './server.ts';

const Row = z.object({ type: z.string(), data: z.string(), at_ms: z.number() });
const OfSlot = z.object({ jobId: z.int(), scheduledAt: z.string(), startedAt: z.string().optional() });
const Range = z.object({ jobId: z.int(), first: z.string(), last: z.string(), count: z.int().optional() });

export type Fired = {
  readonly slots: number;
  readonly twice: number;
  readonly succeeded: number;
  /** Missed or skipped. */
  readonly missed: number;
  readonly lastOutcomeMs: number;
  /** From the slot until its request was given to a socket, according to the log. */
  readonly p50LatenessMs: number;
  readonly p99LatenessMs: number;
};

type Of = {
  readonly jobIds: ReadonlySet<number>;
  /** Slots from here on, inclusive; epoch ms. */
  readonly fromMs?: number;
  /** Slots before this; epoch ms. */
  readonly untilMs?: number;
};

const EVENTS = `
  select type, data, (extract(epoch from recorded_at) * 1000)::float8 as at_ms
  from log_events where stream like 'runs-%' and type in
    ('ExecutionStarted', 'ExecutionSucceeded', 'ExecutionFailed', 'OccurrencesMissed', 'OccurrencesSkipped')
  order by position`;

/** The log's records of these jobs' slots. */
export const readLedger = async (
  { database }: BenchServer,
  { jobIds, fromMs = Number.NEGATIVE_INFINITY, untilMs = Number.POSITIVE_INFINITY }: Of,
): Promise<Fired> => {
  const { rows } = await database.query(EVENTS);
  const within = (instant: string): boolean => Date.parse(instant) >= fromMs && Date.parse(instant) < untilMs;
  const slots = new Map<string, number>();
  const lateness: number[] = [];
  let [succeeded, missed, lastOutcomeMs] = [0, 0, 0];
  for (const { type, data: text, at_ms } of z.array(Row).parse(rows)) {
    const data: unknown = JSON.parse(text);
    if (type === 'OccurrencesMissed' || type === 'OccurrencesSkipped') {
      const { jobId, first, last, count = 1 } = Range.parse(data);
      if (jobIds.has(jobId) && within(last) && within(first)) missed += count;
      continue;
    }
    const { jobId, scheduledAt, startedAt } = OfSlot.parse(data);
    if (!jobIds.has(jobId) || !within(scheduledAt)) continue;
    if (type === 'ExecutionStarted') {
      const slot = `${jobId}@${scheduledAt}`;
      slots.set(slot, (slots.get(slot) ?? 0) + 1);
      continue;
    }
    lastOutcomeMs = at_ms;
    if (type === 'ExecutionSucceeded') succeeded++;
    if (startedAt !== undefined) lateness.push(Date.parse(startedAt) - Date.parse(scheduledAt));
  }
  return {
    slots: slots.size,
    twice: [...slots.values()].filter((count) => count > 1).length,
    succeeded,
    missed,
    lastOutcomeMs,
    p50LatenessMs: quantile(lateness, 0.5),
    p99LatenessMs: quantile(lateness, 0.99),
  };
};
