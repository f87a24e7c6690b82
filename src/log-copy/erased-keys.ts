import { z } from 'zod';
import type { EncodedEvent } from '../event-store/codec.ts';
import type { EventStore } from '../event-store/port.ts';
import { parseJsonAs } from './json-as.ts';

const WithApplicationId = z.object({ applicationId: z.int() });
const SEALED = /"\$sealed":\{[^{}]*?"generation":(\d+)/g;
const KEYS_STREAM = /^keys-(\d+)-(\d+)$/;

/** Tells whether only the last event of a stream is kept. */
export const keepsLast = (stream: string): boolean => KEYS_STREAM.test(stream);

/** Finds out from the copied events which data keys existed. */
export type ErasedKeys = {
  note(stream: string, texts: EncodedEvent): void;
  /** Deletes the streams of erased keys in the copy, so that no new key can take the place of an erased one. */
  erase(copy: Pick<EventStore, 'deleteStream'>): Promise<void>;
};

export const createErasedKeys = (): ErasedKeys => {
  const existing = new Set<string>();
  const latest = new Map<string, number>();
  const noteGeneration = (applicationId: string, generation: number): void => {
    latest.set(applicationId, Math.max(generation, latest.get(applicationId) ?? 0));
  };
  return {
    note: (stream, { data }) => {
      const [, applicationId, generation] = KEYS_STREAM.exec(stream) ?? [];
      if (applicationId !== undefined) {
        existing.add(stream);
        noteGeneration(applicationId, Number(generation));
      } else if (data.includes('"$sealed"')) {
        const parsed = parseJsonAs(WithApplicationId, data);
        if (parsed === undefined) return;
        for (const [, sealedBy] of data.matchAll(SEALED))
          noteGeneration(String(parsed.applicationId), Number(sealedBy));
      }
    },
    erase: async (copy) => {
      for (const [applicationId, last] of latest) {
        for (let generation = 1; generation <= last; generation++) {
          const stream = `keys-${applicationId}-${generation}`;
          if (!existing.has(stream)) await copy.deleteStream(stream);
        }
      }
    },
  };
};
