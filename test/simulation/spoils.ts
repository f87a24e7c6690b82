import type { Codec } from '../../src/event-store/codec.ts';
import { StreamParked } from '../../src/event-store/errors.ts';
import type { Position } from '../../src/event-store/port.ts';
import type { MemoryLog } from '../support/memory-log.ts';

/** An event that no release could read before the mended one. */
export type Spoiled = { readonly stream: string; readonly atMs: number; readonly position: Position };

export type Spoils = {
  readonly all: readonly Spoiled[];
  /** The next event of this stream is one. */
  awaitIn(stream: string): void;
  /** The log, of which each append is looked at. */
  watch(log: MemoryLog): MemoryLog;
  /** What a release from before the mend reads by. */
  unmended(codec: Codec): Codec;
};

export const createSpoils = (nowMs: () => number): Spoils => {
  const awaited = new Set<string>();
  const spoiled = new Map<Position, Spoiled>();
  return {
    get all() {
      return [...spoiled.values()];
    },
    awaitIn: (stream) => awaited.add(stream),
    watch: (log) => ({
      ...log,
      append: (encoded) => {
        const before = log.end();
        const appended = log.append(encoded);
        const { stream } = encoded.append;
        if (log.end() !== before && awaited.delete(stream)) {
          spoiled.set(appended.position, { stream, atMs: nowMs(), position: appended.position });
        }
        return appended;
      },
    }),
    unmended: (codec) => ({
      ...codec,
      decode: (raw) => (spoiled.has(raw.position) ? new StreamParked({ ...raw, why: 'spoiled' }) : codec.decode(raw)),
    }),
  };
};
