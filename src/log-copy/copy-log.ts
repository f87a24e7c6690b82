import type { Codec } from '../event-store/codec.ts';
import type { EventStore } from '../event-store/port.ts';
import type { World } from '../world.ts';
import { createCarrier } from './carrier.ts';
import { copyEvents } from './copy-events.ts';
import { finishCopy } from './finish.ts';
import { beginCopy } from './identity.ts';
import { verifyCopy } from './verify-copy.ts';

/** Opens a log with this codec. */
export type OpenLog = (codec: Codec) => EventStore;

export type LogCopy = {
  readonly from: OpenLog;
  readonly to: OpenLog;
  readonly world: Pick<World, 'random' | 'timers' | 'log'>;
  /** Also compares both logs event by event when all is copied. */
  readonly verify: boolean;
  /** Told now and then how many events have been looked at. */
  readonly onProgress?: (events: number) => void;
};

export type LogCopied = {
  /** Of the copy. */
  readonly logId: string;
  /** Of the original. */
  readonly copyOf: string;
  /** Events copied now, not by an earlier call that was broken off. */
  readonly copied: number;
  /** Events that are the same in both; undefined where they were not compared. */
  readonly verified: number | undefined;
};

/**
 * Copies a log that nobody writes to into an empty one, or goes on with a copy that was broken off: events in the order
 * of the log, with their ids, revisions and times. What was cut is cut in the copy, what was erased stays erased.
 * Positions are the copy's own, and so is its identity: whoever has read the original reads the copy from its beginning,
 * or finds its place by the one that each event had there.
 * @throws LogCopyFailed with what to do
 */
export const copyLog = async ({ from, to, world, verify, onProgress = () => {} }: LogCopy): Promise<LogCopied> => {
  const carrier = createCarrier();
  const source = from(carrier.codec);
  const copy = to(carrier.codec);
  try {
    const { id, copyOf, end } = await beginCopy({ source, copy, carrier, world });
    const copied = await copyEvents({ source, copy, carrier, world, end, onProgress });
    const verified = verify ? await verifyCopy({ source, copy, carrier }) : undefined;
    await finishCopy({ copy, carrier, world, said: { copyOf, end } });
    return { logId: id, copyOf, copied, verified };
  } finally {
    await Promise.all([source.close(), copy.close()]);
  }
};
