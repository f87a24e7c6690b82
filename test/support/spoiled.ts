import type { Codec } from '../../src/event-store/codec.ts';
import type { MemoryLog } from './memory-log.ts';
import { seededRandom } from './world.ts';

const MARK = '☠';
const random = seededRandom(7);

/** Repeats the last event of a stream in a form that no version reads, except one that knows the mark. */
export const spoil = (log: MemoryLog, stream: string): void => {
  const last = log.streamEvents(stream).at(-1);
  if (last === undefined) throw new Error(`there is no ${stream}`);
  const { type, data, metadata, revision } = last;
  const said = { type, data: `${MARK}${data}`, metadata };
  const id = random.uuid();
  const event = {
    ...said,
    id,
    event: { type: 'LogCreated' as const, data: { id }, id, metadata: JSON.parse(metadata) },
  };
  log.append({ append: { stream, expectedRevision: revision, events: [event.event] }, events: [event] });
};

/** Repeats the last event of a stream as one of a type that only a newer version knows. */
export const takeNewer = (log: MemoryLog, stream: string): void => {
  const last = log.streamEvents(stream).at(-1);
  if (last === undefined) throw new Error(`there is no ${stream}`);
  log.append({
    append: { stream, expectedRevision: last.revision, events: [] },
    events: [{ ...last, id: random.uuid(), type: 'OfTomorrow' }],
  });
};

/** The same codec in a version that reads what was spoiled. */
export const mended = (codec: Codec): Codec => ({
  ...codec,
  decode: (raw) =>
    codec.decode(typeof raw.data === 'string' && raw.data.startsWith(MARK) ? { ...raw, data: raw.data.slice(1) } : raw),
});
