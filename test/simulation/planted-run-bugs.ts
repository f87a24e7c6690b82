import { type EventOf, isRunEvent, type RunEvent } from '../../src/domain/events/index.ts';
import { toInstant, toMs } from '../../src/domain/values.ts';
import type { NewEvent } from '../../src/event-store/port.ts';
import { lastEventOf } from '../../src/event-store/read-log.ts';
import { rewriting } from './planted-bugs.ts';
import type { Sabotage } from './sabotage.ts';

/** Bugs of what a job says about its runs: retries, failures in a row, callbacks, cancelling; and of backfills. */

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

/** Nobody ends what fell silent. */
export const silenceForgotten: Sabotage = {
  store: (store) => ({
    ...store,
    append: (append) =>
      append.events.some(({ type, data }) => type === 'ExecutionFailed' && SILENT.has(data.error.code))
        ? Promise.reject(new Error('forgotten'))
        : store.append(append),
  }),
};

const SILENT: ReadonlySet<string> = new Set(['DEADLINE_EXCEEDED', 'HEARTBEAT_LOST']);

/** What a target says of a failure is taken for success. */
export const failureTakenForSuccess: Sabotage = rewriting((events) =>
  events.map((event): NewRunEvent => {
    if (event.type !== 'ExecutionFailed' || event.data.error.code !== 'REPORTED_FAILED') return event;
    const { error: _, reason: __, result = NO_RESULT, ...data } = event.data;
    return { ...event, type: 'ExecutionSucceeded', data: { ...data, result } };
  }),
);

const NO_RESULT = { taskType: 'HttpInvokerTask' as const, status: 202, headers: {}, data: null, truncated: false };

/** A heartbeat is recorded, and counts for nothing. */
export const heartbeatUnheard: Sabotage = rewriting((events) =>
  events.map((event) => {
    if (event.type !== 'HeartbeatReceived') return event;
    const { tail } = event.data;
    const open = tail.open.map((each) =>
      each.lastHeartbeatAt === undefined ? each : { ...each, lastHeartbeatAt: each.createdAt },
    );
    return withTail(event, { ...tail, open });
  }),
);

/** Whoever ends what a dead engine ran does not mind that it was to be cancelled. */
export const cancelLostOnFailover: Sabotage = {
  store: (store) => {
    const engineOf = new Map<number, string>();
    const isOfAnother = ({ data, metadata }: NewEvent<EventOf<'ExecutionCancelled'>>): boolean =>
      metadata.actor.type === 'engine' && engineOf.get(data.executionId) !== metadata.actor.name;
    return {
      ...store,
      append: (append) =>
        store.append({
          ...append,
          events: append.events.map((event) => {
            if (event.type === 'ExecutionStarted') engineOf.set(event.data.executionId, event.data.engineId);
            if (event.type !== 'ExecutionCancelled' || !CANCELLED.has(event.data.error.code)) return event;
            if (!isOfAnother(event)) return event;
            const error = { code: 'OUTCOME_UNKNOWN', message: 'its engine was lost' };
            return { ...event, type: 'ExecutionFailed', data: { ...event.data, error } };
          }),
        }),
    };
  },
};

const CANCELLED: ReadonlySet<string> = new Set(['CANCELLED', 'REPLACED']);

/** The claim of a backfill's slot leaves the slot with the backfill: only the engine that claimed knows better. */
export const backfillRepeated: Sabotage = {
  store: (store) => ({
    ...store,
    append: async (append) => {
      const last = append.stream.startsWith('runs-') ? await lastEventOf(store, append.stream) : undefined;
      if (last === undefined || !isRunEvent(last)) return store.append(append);
      const { backfills } = last.data.tail;
      const events = append.events.map((event) =>
        event.type === 'ExecutionStarted' && event.data.trigger === 'backfill'
          ? withTail({ ...event, data: event.data }, { ...event.data.tail, backfills })
          : event,
      );
      return store.append({ ...append, events });
    },
  }),
};

/** Nobody is told of pauses. */
export const deafToPauses: Sabotage = {
  store: (store) => ({
    ...store,
    subscribe: ({ streamPrefixes, ...options }) =>
      store.subscribe({
        ...options,
        ...(streamPrefixes && { streamPrefixes: streamPrefixes.filter((prefix) => prefix !== 'pause-') }),
      }),
  }),
};

/** Only the event that lets executions expire says so; the next one has forgotten. */
export const horizonForgotten: Sabotage = rewriting((events) =>
  events.map((event) => {
    if (event.type === 'ExecutionsExpired') return event;
    const { expired: _, ...tail } = event.data.tail;
    return withTail(event, tail);
  }),
);

/** What was created after the horizon expires too, be it open. */
export const openExpired: Sabotage = rewriting((events) =>
  events.map((event): NewRunEvent => {
    if (event.type !== 'ExecutionsExpired') return event;
    return { ...event, data: { ...event.data, before: toInstant(toMs(event.data.before) + 20_000) } };
  }),
);
