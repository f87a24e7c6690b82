import type { DomainEvent, EventMetadata } from '../../src/domain/events/index.ts';

/** An event and the stream it goes to. */
export type Entry = {
  readonly stream: string;
  readonly event: DomainEvent;
  /** Additional delay of its recording; default none. */
  readonly laterMs?: number;
  readonly metadata?: EventMetadata;
};
