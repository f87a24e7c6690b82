import type { RunEvent } from '../../src/domain/events/index.ts';
import type { NewEvent } from '../../src/event-store/port.ts';
import { rewriting } from './planted-bugs.ts';
import type { Sabotage } from './sabotage.ts';

/** Bugs of what a job says about its runs: retries and failures in a row. */

type NewRunEvent = NewEvent<RunEvent>;
type Tail = RunEvent['data']['tail'];

const withTail = <E extends NewRunEvent>(event: E, tail: Tail): E => ({ ...event, data: { ...event.data, tail } });

/** A failed attempt is counted when it ends, and again while it waits for the next one. */
export const retryCountedTwice: Sabotage = rewriting((events) =>
  events.map((event) => {
    if (event.type !== 'ExecutionAttemptFailed') return event;
    const { tail, executionId } = event.data;
    const open = tail.open.map((each) =>
      each.executionId === executionId ? { ...each, attempt: each.attempt + 1 } : each,
    );
    return withTail(event, { ...tail, open });
  }),
);

/** The next attempt follows at once. */
export const retryWithoutPause: Sabotage = rewriting((events) =>
  events.map((event): NewRunEvent => {
    if (event.type !== 'ExecutionAttemptFailed') return event;
    const { tail, executionId, finishedAt } = event.data;
    const open = tail.open.map((each) => (each.executionId === executionId ? { ...each, retryAt: finishedAt } : each));
    return { ...event, data: { ...event.data, retryAt: finishedAt, tail: { ...tail, open } } };
  }),
);

/** A failed attempt counts as a failed execution. */
export const attemptsCountedAsFailures: Sabotage = rewriting((events) =>
  events.map((event) => {
    if (event.type !== 'ExecutionAttemptFailed') return event;
    const { tail } = event.data;
    return withTail(event, { ...tail, failuresInRow: (tail.failuresInRow ?? 0) + 1 });
  }),
);
