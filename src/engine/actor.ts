import type { Actor, EventMetadata } from '../domain/events/index.ts';

/** The engine as the actor of its events and commands. */
export const engineActor = (engineId: string): Actor => ({ type: 'engine', name: engineId });

type EngineTrace = {
  readonly correlationId: string;
  /** Trace context of what the event comes from. */
  readonly traceparent?: string | undefined;
};

/** The metadata of an event that an engine appends. */
export const engineMetadata = (engineId: string, { correlationId, traceparent }: EngineTrace): EventMetadata => ({
  actor: engineActor(engineId),
  correlationId,
  ...(traceparent === undefined ? {} : { traceparent }),
});
