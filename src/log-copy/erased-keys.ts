import { z } from 'zod';
import type { EncodedEvent } from '../event-store/codec.ts';
import type { EventStore } from '../event-store/port.ts';
import { jsonAs } from './json-as.ts';

const OfApplication = z.object({ applicationId: z.int() });
const SEALED = /"\$sealed":\{[^{}]*?"generation":(\d+)/g;
const KEYS_STREAM = /^keys-(\d+)-(\d+)$/;

/** Streams of which only the last event is kept. */
export const keepsLast = (stream: string): boolean => KEYS_STREAM.test(stream);

/** Learns from what is copied which data keys there were. */
export type ErasedKeys = {
  note(stream: string, texts: EncodedEvent): void;
  /** Deletes in the copy what was erased in the original, so that no new key takes the place of an erased one. */
  erase(copy: Pick<EventStore, 'deleteStream'>): Promise<void>;
};

export const createErasedKeys = (): ErasedKeys => {
  const living = new Set<string>();
  const latest = new Map<string, number>();
  const thereWas = (applicationId: string, generation: number): void => {
    latest.set(applicationId, Math.max(generation, latest.get(applicationId) ?? 0));
  };
  return {
    note: (stream, { data }) => {
      const [, applicationId, generation] = KEYS_STREAM.exec(stream) ?? [];
      if (applicationId !== undefined) {
        living.add(stream);
        thereWas(applicationId, Number(generation));
      } else if (data.includes('"$sealed"')) {
        const said = jsonAs(OfApplication, data);
        if (said === undefined) return;
        for (const [, sealedBy] of data.matchAll(SEALED)) thereWas(String(said.applicationId), Number(sealedBy));
      }
    },
    erase: async (copy) => {
      for (const [applicationId, last] of latest) {
        for (let generation = 1; generation <= last; generation++) {
          const stream = `keys-${applicationId}-${generation}`;
          if (!living.has(stream)) await copy.deleteStream(stream);
        }
      }
    },
  };
};
