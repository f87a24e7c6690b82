import type { Run } from '../simulate.ts';
import { type JobHistory, jobHistories } from './job-history.ts';

/** With `overlap: queue`, a slot is skipped for one that runs only while another slot or a manual run waits already. */
export const checkOverlaps = ({ events }: Pick<Run, 'events'>): string[] => jobHistories(events).flatMap(checkQueue);

const checkQueue = ({ versions, runs }: JobHistory): string[] =>
  runs.flatMap((event, index) => {
    if (event.type !== 'OccurrencesSkipped' || event.data.reason !== 'OVERLAP') return [];
    const overlap = versions.get(event.data.jobRevision)?.definition.overlap;
    // What was not decided yet when the definition changed is skipped too.
    const isReplaced = runs.slice(index).find(({ type }) => !type.startsWith('Occ'))?.type === 'DefinitionActivated';
    const waits = event.data.tail.open.some(({ state, attempt }) => state === 'pending' && attempt === 0);
    if (overlap !== 'queue' || isReplaced || waits) return [];
    return [`${event.stream}/${event.revision} skips ${event.data.first} of a queue in which none waits`];
  });
