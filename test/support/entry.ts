import type { DomainEvent, EventMetadata } from '../../src/domain/events/index.ts';

/** An event and the stream it goes to. */
export type Entry = {
  readonly stream: string;
  readonly event: DomainEvent;
  /** How much later than others it is recorded; none unless given. */
  readonly laterMs?: number;
  readonly metadata?: EventMetadata;
};
