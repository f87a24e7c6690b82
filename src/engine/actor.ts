import type { Actor, EventMetadata } from '../domain/events/index.ts';

/** The engine as the actor of its events and commands. */
export const engineActor = (engineId: string): Actor => ({ type: 'engine', name: engineId });

/** The metadata of an event that an engine appends, with the trace context of what the event comes from. */
export const engineMetadata = (engineId: string, correlationId: string, traceparent?: string): EventMetadata => ({
  actor: engineActor(engineId),
  correlationId,
  ...(traceparent === undefined ? {} : { traceparent }),
});
