import { createHash } from 'node:crypto';
import { isRunEvent, type RunEvent } from '../../src/domain/events/index.ts';
import { runsStream } from '../../src/domain/streams.ts';
import type { Member } from '../../src/engine/ports.ts';
import type { Claim } from '../../src/engine/run/open-calls.ts';
import { AppendTooLarge, EventStoreClosed, StreamParked } from '../../src/event-store/errors.ts';
import type { Append, Delivered, DeliveredAs, EventStore, NewEvent, ReadOptions } from '../../src/event-store/port.ts';
import { lastEventOf } from '../../src/event-store/read-log.ts';
import { okResult } from '../support/run-events.ts';
import type { Sabotage } from './sabotage.ts';

const isRuns = ({ stream }: Append): boolean => stream.startsWith('runs-');

/** Changes what a process hands to the log. */
const appending = (change: (append: Append, lastRevision: number) => Append): Sabotage => ({
  store: (store, log) => ({
    ...store,
    append: (append) => store.append(change(append, log.streamEvents(append.stream).at(-1)?.revision ?? -1)),
  }),
});

/** Nobody finds what a bulk has asked for already. */
export const itemsForgotten: Sabotage = {
  store: (store) => ({
    ...store,
    readStream: (stream, options = {}) =>
      store.readStream(stream, isLookBack(stream, options) ? { ...options, limit: 0 } : options),
  }),
};

const isLookBack = (stream: string, { direction, onPassedOver }: ReadOptions<DeliveredAs>): boolean =>
  stream.startsWith('runs-') && direction === 'backwards' && onPassedOver === undefined;

/** Changes the data of run events, one append at a time. */
export const rewriting = (change: (events: readonly NewEvent<RunEvent>[]) => NewEvent<RunEvent>[]): Sabotage =>
  appending((append) =>
    isRuns(append) ? { ...append, events: change(append.events.filter((event) => isRunEvent(event))) } : append,
  );

/** A claim is appended at whatever revision the stream is at. */
export const claimAtAnyRevision: Sabotage = appending((append, expectedRevision) =>
  isRuns(append) && append.events.some(isClaim) ? { ...append, expectedRevision } : append,
);

/** A take is appended at whatever revision the stream is at. */
export const takeAtAnyRevision: Sabotage = appending((append, expectedRevision) =>
  append.events.some(({ type }) => type === 'WorkTaken') ? { ...append, expectedRevision } : append,
);

const isClaim = ({ type }: NewEvent): boolean => type === 'ExecutionStarted';

/** Two claimants of one slot name their events alike, so that the log takes the second for a repeat of the first. */
export const idsOfStreamAndRevision: Sabotage = appending((append) =>
  isRuns(append) && append.events.some(isClaim)
    ? { ...append, events: append.events.map((event, index) => ({ ...event, id: idOf(append, index) })) }
    : append,
);

const idOf = ({ stream, expectedRevision }: Append, index: number): string =>
  createHash('sha256')
    .update(`${stream}/${expectedRevision + index}`)
    .digest('hex')
    .replace(/^(.{8})(.{4})(.{4})(.{4})(.{12}).*$/, '$1-$2-$3-$4-$5');

/** A range of missed or skipped slots leaves the cursor where it was. */
export const cursorLeftBehind: Sabotage = rewriting((events) => {
  const range = events.find((event) => event.type === 'OccurrencesMissed' || event.type === 'OccurrencesSkipped');
  if (range === undefined) return [...events];
  const { after, until } = range.data;
  return events.map((event) => (event.data.tail.cursor === until ? withCursor(event, after) : event));
});

/** A late call does not say so. */
export const latenessUntold: Sabotage = rewriting((events) =>
  events.map((event) => ('finishedAt' in event.data && event.data.late !== undefined ? withoutLate(event) : event)),
);

const withoutLate = <E extends RunEvent>(event: E): E => ({ ...event, data: { ...event.data, late: undefined } });

const withCursor = <E extends RunEvent>(event: E, cursor: string): E => ({
  ...event,
  data: { ...event.data, tail: { ...event.data.tail, cursor } },
});

/** An engine that starts does not know the limits that were set before. */
export const limitsForgotten: Sabotage = {
  loadSchedule: (loadSchedule) => async (take) => ({ ...(await loadSchedule(take)), applications: [] }),
};

/** Nobody ends the executions of engines that died. */
export const reaperForgotten: Sabotage = {
  store: (store) => ({
    ...store,
    append: (append) =>
      append.events.some((event) => event.type === 'ExecutionFailed' && event.data.reason === 'ENGINE_LOST')
        ? Promise.reject(new Error('forgotten'))
        : store.append(append),
  }),
};

/** Whoever is no longer in the table of engines is taken to have left. */
export const absentIsGone: Sabotage = {
  membership: (membership) => {
    const known = new Map<string, Member>();
    return {
      ...membership,
      beat: async (self, asking) => {
        const response = await membership.beat(self, asking);
        const named = new Set(response.members.map(({ engineId }) => engineId));
        for (const member of response.members) known.set(member.engineId, member);
        const gone = [...known.values()].filter(({ engineId }) => !named.has(engineId));
        return {
          ...response,
          members: [...response.members, ...gone.map((member) => ({ ...member, state: 'left' as const }))],
        };
      },
    };
  },
};

/** Engines that can't reach Postgres beat into the log, and nobody hears it. */
export const deafToTheLog: Sabotage = {
  store: (store) => ({
    ...store,
    readLast: async (streams) => {
      const last = await store.readLast(streams);
      return last.map((event, index) => (streams[index]?.startsWith('engine-') ? undefined : event));
    },
    subscribe: ({ streamPrefixes, ...options }) =>
      store.subscribe({
        ...options,
        ...(streamPrefixes && { streamPrefixes: streamPrefixes.filter((prefix) => prefix !== 'engine-') }),
      }),
  }),
};

/** An engine records how its call ended although the execution was ended without it. */
export const lateOutcomeOverwrites: Sabotage = {
  runTask: (runTask, store) => async (of) => {
    const outcome = await runTask(of);
    await overwrite(of.claim, store).catch(() => undefined);
    return outcome;
  },
};

const overwrite = async (claim: Claim, store: EventStore): Promise<void> => {
  const { tail: _, labels: __, engineId: ___, jobRevision: ____, late: _____, ...execution } = claim;
  const last = await lastEventOf(store, runsStream(execution.jobId));
  if (last === undefined || !isRunEvent(last)) return;
  const { tail } = last.data;
  if (tail.open.some(({ executionId }) => executionId === execution.executionId)) return;
  const event = {
    type: 'ExecutionSucceeded' as const,
    data: { ...execution, finishedAt: tail.cursor, result: okResult, tail },
  };
  const append = { stream: last.stream, expectedRevision: last.revision };
  const id = idOf({ ...append, events: [] }, execution.executionId);
  await store.append({ ...append, events: [{ ...event, id, metadata: last.metadata }] });
};

/** A superseded claim is taken from the count of runs twice. */
export const countedDownTwice: Sabotage = rewriting((events) =>
  events.map((event) => {
    if (event.type !== 'ExecutionCancelled' || event.data.error.code !== 'SUPERSEDED') return event;
    const { tail } = event.data;
    return { ...event, data: { ...event.data, tail: { ...tail, runs: tail.runs - 1 } } };
  }),
);

/** What an engine knew when it claimed is good for ever: it never looks at the log again before it calls. */
export const calledWithoutALook: Sabotage = {
  runTask: (runTask) => (of) => runTask({ ...of, mayStillCall: () => true }),
};

/** A call goes on although its execution was ended as lost. */
export const lostCallGoesOn: Sabotage = {
  runTask: (runTask) => (of) => runTask({ ...of, signal: new AbortController().signal }),
};

/** Nobody looks further back than an event that only a newer release knows. */
export const stoppedByNewerEvents: Sabotage = {
  store: (store) => ({
    ...store,
    readStream: (stream, { onPassedOver: _, ...options } = {}) => store.readStream(stream, options),
  }),
};

/** What can't be read is passed over like what may be. */
export const passedOverParked: Sabotage = {
  store: (store) => ({
    ...store,
    readLast: async (streams) =>
      (await store.readLast(streams)).map((last) => (last instanceof StreamParked ? undefined : last)),
    subscribe: async function* (options) {
      for await (const item of store.subscribe(options)) {
        yield item.kind === 'parked' ? { kind: 'checkpoint', position: item.position } : item;
      }
    },
  }),
};

/** What an engine has left undecoded is gone when it asks for it. */
export const undecodedLost: Sabotage = {
  store: (store) => ({
    ...store,
    subscribe: async function* (options) {
      for await (const item of store.subscribe(options)) {
        let isTaken = false;
        const lostLater = <E extends Delivered[DeliveredAs]>(event: E): E => {
          if (event.type !== 'undecoded') return event;
          const { codec } = event;
          return { ...event, codec: { decode: (stored) => (isTaken ? undefined : codec.decode(stored)) } };
        };
        yield item.kind === 'events' ? { ...item, events: item.events.map(lostLater) } : item;
        isTaken = true;
      }
    },
  }),
};

/** An outcome that the log rejects once is dropped. */
export const rejectedOutcomeDropped: Sabotage = {
  store: (store) => ({
    ...store,
    append: (append) =>
      store.append(append).catch((error: unknown) => {
        const isRejected = error instanceof AppendTooLarge || (error instanceof Error && /right/.test(error.message));
        throw isRejected ? new EventStoreClosed() : error;
      }),
  }),
};

/** Nobody remembers that an execution is to be cancelled once its request is recorded. */
export const cancelForgotten: Sabotage = rewriting((events) => events.map(withoutCancel));

const withoutCancel = <E extends RunEvent>(event: E): E => {
  const { tail } = event.data;
  const open = tail.open.map(({ cancelRequested: _, ...execution }) => execution);
  return { ...event, data: { ...event.data, tail: { ...tail, open } } };
};

/** The slot that was to wait in a queue is skipped, and a later one may wait. */
export const firstInQueueSkipped: Sabotage = rewriting((events) =>
  events.map((event): NewEvent<RunEvent> => {
    if (event.type !== 'ExecutionRequested' || event.data.trigger !== 'schedule') return event;
    const { tenant, applicationId, jobId, executionId, scheduledAt, tail } = event.data;
    const open = tail.open.filter((execution) => execution.executionId !== executionId);
    const after = new Date(Date.parse(scheduledAt) - 1).toISOString();
    const range = { after, until: scheduledAt, first: scheduledAt, last: scheduledAt, count: 1 };
    const job = { tenant, applicationId, jobId, jobRevision: tail.jobRevision };
    return {
      ...event,
      type: 'OccurrencesSkipped',
      data: { ...job, ...range, reason: 'OVERLAP', tail: { ...tail, open } },
    };
  }),
);
