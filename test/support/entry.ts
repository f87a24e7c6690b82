import type { DomainEvent } from '../../src/domain/events/index.ts';

/** An event and the stream it goes to. */
export type Entry = { readonly stream: string; readonly event: DomainEvent };
