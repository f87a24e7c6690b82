import { randomUUID } from 'node:crypto';
import type { EventStore } from '../../../src/event-store/port.ts';
import type { Random } from '../../../src/runtime/runtime.ts';
import type { Entry } from '../../support/entry.ts';
import { history, metadata, STEPS, type Step } from '../../support/histories.ts';

const STEPS_A_JOB = 12;
const AT_ONCE = 16;

/** Histories of jobs that the log doesn't know yet, in parts by stream. */
export const storiesOf = (jobIds: readonly number[], random: Random): Entry[][] =>
  jobIds.flatMap((jobId) => {
    const steps: Step[] = Array.from({ length: STEPS_A_JOB }, () => ({
      jobId,
      step: STEPS[Math.floor(random.fraction() * STEPS.length)] ?? 'claim',
    }));
    // What all jobs share is left out: each history would begin its stream anew.
    const ofJob = history(steps).filter(({ stream }) => !/^(?:app|calendar)-/.test(stream));
    return [...Map.groupBy(ofJob, ({ stream }) => stream).values()];
  });

/** Appends each stream's entries in order, many streams at once. */
export const load = async (store: EventStore, streams: readonly Entry[][], onAppended: () => void): Promise<void> => {
  let next = 0;
  const lane = async () => {
    for (let entries = streams[next++]; entries !== undefined; entries = streams[next++]) {
      for (const [index, { stream, event }] of entries.entries()) {
        await store.append({ stream, expectedRevision: index - 1, events: [{ ...event, id: randomUUID(), metadata }] });
        onAppended();
      }
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, lane));
};
