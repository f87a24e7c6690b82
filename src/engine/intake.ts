import {
  isApplicationEvent,
  isCalendarEvent,
  isHomeEvent,
  isJobEvent,
  isPauseEvent,
  isRunEvent,
  isRunEventType,
} from '../domain/events/index.ts';
import { homeStream, PREFIX_OF } from '../domain/streams.ts';
import { StreamParked } from '../event-store/errors.ts';
import { decodedOf } from '../event-store/forms.ts';
import type { Delivered, Position, RecordedEvent, SubscriptionItem } from '../event-store/port.ts';
import type { EngineContext } from './context.ts';
import { definitionOf } from './jobs/definitions.ts';

/**
 * Takes the events of the engine's subscription into its tables, from those after this position. Resolves when the engine
 * has stopped.
 * @param taken called after each item, since jobs may be due now
 * @throws the error that ended the subscription
 */
export type Intake = (after: Position | undefined, taken: () => void) => Promise<void>;

const { job, runs, application, calendar, pause, engine } = PREFIX_OF;
const STREAM_PREFIXES = [job, runs, application, calendar, pause, engine, homeStream];

export const createIntake = (context: EngineContext): Intake => {
  const { store, table, values, definitions, closures, parking, members, logCheck, gate, guard, stopping } = context;
  /** Whether a command waits until the engines have taken in a change of a calendar or a pause. */
  let isAwaited = false;

  const applyEvent = (event: RecordedEvent, isNew: boolean): void => {
    if (isRunEvent(event)) {
      if (isNew) table.hearRunEvent(event);
      else table.applyRunEvent(event);
    } else if (isApplicationEvent(event)) {
      values.apply(event);
      const { applicationId } = event.data;
      if (values.of(applicationId).deleted) table.armAll((job) => job.applicationId === applicationId);
    } else if (isHomeEvent(event)) guard.hear(event);
    else if (event.type === 'EngineHeartbeat') members.hearInLog(event.data.engineId, event.revision);
    else if (isJobEvent(event)) {
      table.applyJobEvent(event);
      definitions.put(event.data.jobId, definitionOf(event));
    } else if (isCalendarEvent(event) || isPauseEvent(event)) {
      const isAffected = closures.apply(event);
      // Jobs that a pause keeps from being called are looked at when they would have been called, and find that then.
      if (isAffected !== undefined && event.type !== 'PauseSet') table.armAll(isAffected);
      isAwaited = true;
    }
  };

  /** Decodes an event and applies it, unless it is one of another engine's that nothing here depends on. */
  const take = (given: Delivered['undecoded']): void => {
    const { stream, position } = given;
    // Only the last beat of an engine stays in the log, so it can't be checked for an earlier one.
    const isNew = !stream.startsWith(engine) && logCheck.saw(given);
    // One of a newer release's types is passed over, and must not take the place of the last one that is known.
    const isKept =
      isNew && given.type === 'undecoded' && isRunEventType(given.stored.type) && table.keepUndecoded(given);
    if (!isKept) {
      const event = decodedOf(given);
      if (event instanceof StreamParked) parking.park(event);
      else if (event !== undefined) applyEvent(event, isNew);
    }
    gate.reach(position);
  };

  const apply = (item: SubscriptionItem<Delivered['undecoded']>): void => {
    switch (item.kind) {
      case 'events':
        item.events.forEach(take);
        break;
      case 'parked':
        parking.park(item.parked);
        gate.reach(item.position);
        break;
      case 'checkpoint':
      case 'caughtUp':
        gate.reach(item.position);
        break;
    }
  };

  return async (after, taken) => {
    const subscription = store.subscribe({
      after,
      streamPrefixes: STREAM_PREFIXES,
      as: 'undecoded',
      signal: stopping,
    });
    for await (const item of subscription) {
      apply(item);
      if (isAwaited) members.tellTaken();
      isAwaited = false;
      taken();
    }
  };
};
