import { AppendUnanswered, StreamDeleted, WrongExpectedRevision } from '../../event-store/errors.ts';
import type { EventStore } from '../../event-store/port.ts';
import type { Clock } from '../../runtime/world.ts';
import type { Metrics } from '../../telemetry/metrics.ts';

/** Upper bounds, seconds: a local disk answers in milliseconds, and 10 s is where the log gives up. */
export const APPEND_SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10] as const;

type MeasureDeps = {
  readonly metrics: Pick<Metrics, 'counter' | 'histogram'>;
  readonly clock: Pick<Clock, 'monotonic'>;
};

/** Registers how long this process's appends take and how many fail, and returns the log that measures them. */
export const measureAppends = (store: EventStore, { metrics, clock }: MeasureDeps): EventStore => {
  const observe = metrics.histogram({
    name: 'carillon_append_duration_seconds',
    help: 'Time from the call of an append to its answer, of appends that were made.',
    buckets: APPEND_SECONDS,
  });
  const countFailure = metrics.counter({
    name: 'carillon_append_failures_total',
    help: 'Appends that were not made: lost to another append, or not answered in time.',
    labels: ['reason'],
  });
  for (const reason of ['lost', 'unanswered', 'other']) countFailure({ reason }, 0);

  const measured = <T>(append: () => Promise<T>): Promise<T> => {
    const sinceMs = clock.monotonic();
    const answer = append();
    answer.then(
      () => observe({}, (clock.monotonic() - sinceMs) / 1_000),
      (error) => countFailure({ reason: reasonOf(error) }),
    );
    return answer;
  };

  return {
    ...store,
    append: (append) => measured(() => store.append(append)),
    appendInOrder: (appends) => measured(() => store.appendInOrder(appends)),
  };
};

const reasonOf = (error: unknown): 'lost' | 'unanswered' | 'other' => {
  if (error instanceof WrongExpectedRevision || error instanceof StreamDeleted) return 'lost';
  return error instanceof AppendUnanswered ? 'unanswered' : 'other';
};
