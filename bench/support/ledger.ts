import { z } from 'zod';
import { quantile } from '../harness.ts';
import type { BenchServer } from './server.ts';

const Row = z.object({ type: z.string(), data: z.string(), at_ms: z.number(), position: z.string() });
const Data = z.object({ jobId: z.int(), scheduledAt: z.string(), startedAt: z.string().optional() });

export type Fired = {
  readonly slots: number;
  readonly twice: number;
  readonly succeeded: number;
  readonly missed: number;
  readonly lastOutcomeMs: number;
  readonly lastPosition: string;
  readonly p50LatenessMs: number;
  readonly p99LatenessMs: number;
};

/** What the log says of scheduled runs since a position: the books of a bench. */
export const readLedger = async ({ database }: BenchServer, jobIds: ReadonlySet<number>): Promise<Fired> => {
  const { rows } = await database.query(
    `select type, data, (extract(epoch from recorded_at) * 1000)::float8 as at_ms, position::text as position
     from log_events where stream like 'runs-%' and type in
       ('ExecutionStarted', 'ExecutionSucceeded', 'ExecutionFailed', 'OccurrencesMissed', 'OccurrencesSkipped')
     order by position`,
  );
  const slots = new Map<string, number>();
  const lateness: number[] = [];
  let [succeeded, missed, lastOutcomeMs, lastPosition] = [0, 0, 0, '0'];
  for (const { type, data: text, at_ms, position } of z.array(Row).parse(rows)) {
    const data = JSON.parse(text);
    if (!jobIds.has(data.jobId)) continue;
    switch (type) {
      case 'ExecutionStarted': {
        const slot = `${data.jobId}@${data.scheduledAt}`;
        slots.set(slot, (slots.get(slot) ?? 0) + 1);
        break;
      }
      case 'ExecutionSucceeded': {
        const { scheduledAt, startedAt } = Data.parse(data);
        succeeded++;
        [lastOutcomeMs, lastPosition] = [at_ms, position];
        if (startedAt !== undefined) lateness.push(Date.parse(startedAt) - Date.parse(scheduledAt));
        break;
      }
      case 'ExecutionFailed':
        [lastOutcomeMs, lastPosition] = [at_ms, position];
        break;
      default:
        missed++;
    }
  }
  return {
    slots: slots.size,
    twice: [...slots.values()].filter((count) => count > 1).length,
    succeeded,
    missed,
    lastOutcomeMs,
    lastPosition,
    p50LatenessMs: quantile(lateness, 0.5),
    p99LatenessMs: quantile(lateness, 0.99),
  };
};
