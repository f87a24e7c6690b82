import type { RunEvent } from '../../src/domain/events/index.ts';
import { runsStream } from '../../src/domain/streams.ts';
import type { Codec } from '../../src/event-store/codec.ts';
import { createFormReaders } from '../../src/event-store/forms.ts';
import { positionOf, type UndecodedEvent } from '../../src/event-store/port.ts';
import { codec } from './codec.ts';

/** A run event as delivered to an engine. @param by the decoding codec */
export const undecodedRun = (event: RunEvent, revision: number, by: Codec = codec): UndecodedEvent => {
  const metadata = { actor: { type: 'engine' as const, name: 'other' }, correlationId: 'test' };
  const id = `00000000-0000-4000-8000-${String(revision).padStart(12, '0')}`;
  const place = { id, stream: runsStream(event.data.jobId), revision, position: positionOf(100 + revision) };
  const read = createFormReaders(by).undecoded({
    ...place,
    ...codec.encode({ ...event, id, metadata }),
    recordedAt: 0,
  });
  if (read === undefined || read instanceof Error || read.type !== 'undecoded') throw new TypeError('it was decoded');
  return read;
};
