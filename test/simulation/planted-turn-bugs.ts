import { createHash } from 'node:crypto';
import { WrongExpectedRevision } from '../../src/event-store/errors.ts';
import {
  type Append,
  type AppendEach,
  type AppendResult,
  type EventStore,
  LOG_START,
  type NewEvent,
} from '../../src/event-store/port.ts';
import type { Sabotage } from './sabotage.ts';

/** Bugs in what an engine decides, appends and takes in together. */

const together = (change: (appendEach: AppendEach, append: EventStore['append']) => AppendEach): Sabotage => ({
  store: (store) => ({ ...store, appendEach: store.appendEach && change(store.appendEach, store.append) }),
});

const asIfMade = ({ expectedRevision, events }: Append): AppendResult => ({
  revision: expectedRevision + events.length,
  position: LOG_START,
});

/** One of several appends has lost, and the engine goes on as if it was made. */
export const lossOverlooked: Sabotage = together((appendEach) => async (appends) => {
  const responses = await appendEach(appends);
  return appends.map((append, index) => {
    const response = responses[index] ?? asIfMade(append);
    return response instanceof WrongExpectedRevision ? asIfMade(append) : response;
  });
});

/** What is decided together is acted on before the log has responded. */
export const actedOnTooEarly: Sabotage = together((appendEach) => async (appends) => {
  appendEach(appends).catch(() => {});
  return appends.map(asIfMade);
});

/** The outcomes of two executions are appended to each other's streams. */
export const outcomesSwapped: Sabotage = together((appendEach) => (appends) => {
  const [first, second] = appends.filter(({ events }) => events.some(isOutcome));
  if (first === undefined || second === undefined) return appendEach(appends);
  const eventsOf = (append: Append): Append['events'] =>
    append === first ? second.events : append === second ? first.events : append.events;
  return appendEach(appends.map((append) => ({ ...append, events: eventsOf(append) })));
});

/** Outcomes that are taken in together are taken in twice. */
export const outcomesTakenTwice: Sabotage = together((appendEach, append) => async (appends) => {
  const responses = await appendEach(appends);
  for (const [index, { stream, events }] of appends.entries()) {
    const response = responses[index];
    if (response === undefined || response instanceof Error || !events.some(isOutcome)) continue;
    const again = { stream, expectedRevision: response.revision, events: events.map(renamed) };
    await append(again).catch(() => {});
  }
  return responses;
});

const isOutcome = ({ type }: NewEvent): boolean => type === 'ExecutionSucceeded' || type === 'ExecutionFailed';

const renamed = (event: NewEvent): NewEvent => ({
  ...event,
  id: createHash('sha256')
    .update(event.id)
    .digest('hex')
    .replace(/^(.{8})(.{4})(.{4})(.{4})(.{12}).*$/, '$1-$2-$3-$4-$5'),
});
