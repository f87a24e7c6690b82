import type { EventOf, ExpiredTotals, RunEvent } from '../../../src/domain/events/index.ts';
import type { RecordedEvent } from '../../../src/event-store/port.ts';
import type { Run } from '../simulate.ts';
import { type JobHistory, jobHistories } from './job-history.ts';

/**
 * What expires is over, is counted once, and nothing of it is called again. Counts by itself, from the whole history, of
 * which the log has a part left.
 */
export const checkRetention = ({ events }: Pick<Run, 'events'>): string[] => jobHistories(events).flatMap(walk);

type Expiry = RecordedEvent<EventOf<'ExecutionsExpired'>>;

const walk = ({ jobId, runs }: JobHistory): string[] => {
  const wrong: string[] = [];
  let last: Expiry | undefined;
  for (const event of runs) {
    const say = (what: string) => wrong.push(`${event.type} of job ${jobId} at ${event.revision} ${what}`);
    const horizon = last?.data.before;
    if (event.type === 'ExecutionStarted' && horizon !== undefined && event.data.scheduledAt <= horizon) {
      say(`calls ${event.data.scheduledAt}, which has expired before ${horizon}`);
    }
    if (horizon !== undefined && event.data.tail.expired?.before !== (isExpiry(event) ? event : last)?.data.before) {
      say('has lost the horizon');
    }
    if (!isExpiry(event)) continue;
    const { before, keptFrom, totals, tail } = event.data;
    if (horizon !== undefined && before <= horizon) say(`does not go beyond ${horizon}`);
    if (keptFrom > event.revision || keptFrom < (last?.data.keptFrom ?? 0)) say(`keeps from ${keptFrom} on`);
    if (tail.cursor < before) say(`leaves the cursor at ${tail.cursor}`);
    if (tail.open.some(({ createdAt }) => createdAt < before)) say('has something open expire');
    const counted = totalsBy(
      runs.filter(({ revision }) => revision < event.revision),
      event.data,
    );
    const said = JSON.stringify(counted);
    if (said !== JSON.stringify(summary(totals))) say(`counts ${JSON.stringify(summary(totals))}, not ${said}`);
    last = event;
  }
  return wrong;
};

const isExpiry = (event: RecordedEvent<RunEvent>): event is Expiry => event.type === 'ExecutionsExpired';

const summary = ({ succeeded, failed, cancelled, called, notCalled, ids }: ExpiredTotals) => ({
  ends: [succeeded, failed, cancelled],
  called: sum(Object.values(called)),
  notCalled: sum(notCalled.map(({ slots }) => slots)),
  ids: [ids?.first ?? 0, ids?.last ?? 0],
});

const totalsBy = (
  runs: readonly RecordedEvent<RunEvent>[],
  { before, keptFrom }: Pick<Expiry['data'], 'before' | 'keptFrom'>,
): ReturnType<typeof summary> => {
  const ended = (type: RunEvent['type']) =>
    runs.filter((event) => event.type === type && 'scheduledAt' in event.data && event.data.createdAt < before).length;
  const ids = runs.flatMap(({ data }) => ('scheduledAt' in data && data.createdAt < before ? [data.executionId] : []));
  const cancelledSlots = (event: RecordedEvent<RunEvent>): boolean =>
    event.type === 'ExecutionCancelled' &&
    event.data.trigger === 'schedule' &&
    event.data.startedAt === undefined &&
    event.data.attempt <= 1;
  const called = new Set(
    runs.flatMap((event) =>
      CALLED.has(event.type) &&
      !cancelledSlots(event) &&
      'scheduledAt' in event.data &&
      event.data.trigger === 'schedule' &&
      event.data.createdAt < before
        ? [event.data.executionId]
        : [],
    ),
  );
  const notCalled = runs.flatMap((event) => {
    if (event.revision >= keptFrom) return [];
    if (event.type === 'OccurrencesSkipped' || event.type === 'OccurrencesMissed') return [event.data.count ?? 10_000];
    return cancelledSlots(event) ? [1] : [];
  });
  return {
    ends: [ended('ExecutionSucceeded'), ended('ExecutionFailed'), ended('ExecutionCancelled')],
    called: called.size,
    notCalled: sum(notCalled),
    ids: ids.length === 0 ? [0, 0] : [Math.min(...ids), Math.max(...ids)],
  };
};

const CALLED: ReadonlySet<string> = new Set([
  'CallAccepted',
  'ExecutionAttemptFailed',
  'ExecutionSucceeded',
  'ExecutionFailed',
  'ExecutionCancelled',
]);

const sum = (counts: readonly number[]): number => counts.reduce((all, each) => all + each, 0);
