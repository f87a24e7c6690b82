import { DomainEvent } from '../../src/domain/events/index.ts';
import { createCodec } from '../../src/event-store/codec.ts';

/** Of this release's events, none of them sealed. */
export const codec = createCodec({ schemas: DomainEvent.options });
