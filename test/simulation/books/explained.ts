import { EVERY_TENANT } from '../../../src/domain/values.ts';
import { createLogReading } from '../../../src/explain/log-reading.ts';
import type { Run } from '../simulate.ts';

/** The product's own check of the log finds what there is to find; `checkLedger` reckons the same without it. */
export const checkExplained = ({ events, endedAtMs }: Pick<Run, 'events' | 'endedAtMs'>): string[] => {
  const reading = createLogReading({
    tenant: EVERY_TENANT,
    span: { afterMs: Number.NEGATIVE_INFINITY, untilMs: endedAtMs },
  });
  for (const event of events) reading.take(event);
  const rest = reading.end(endedAtMs);
  let step = rest.next();
  while (!step.done) step = rest.next();
  const { faults, unread } = step.value;
  return [
    ...faults.first.map(({ jobId, kind, firstMs, lastMs }) => {
      return `job ${jobId}: ${new Date(firstMs).toISOString()} to ${new Date(lastMs).toISOString()} is ${kind}`;
    }),
    ...unread.map(({ jobId, because }) => `job ${jobId} cannot be judged: ${because}`),
  ];
};
