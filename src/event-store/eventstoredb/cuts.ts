import { ANY, StreamDeletedError } from '@eventstore/db-client';
import { z } from 'zod';
import type { Runtime } from '../../runtime/runtime.ts';
import { AppendUnanswered, LogUnavailable, StreamDeleted, WrongExpectedRevision } from '../errors.ts';
import { NO_STREAM, type Revision } from '../port.ts';
import type { Reader } from './reader.ts';
import { readLastEvent } from './stream-reads.ts';
import type { Writer } from './writer.ts';

const Metadata = z.looseObject({ $tb: z.int().optional(), $maxCount: z.int().optional() });
type Metadata = z.infer<typeof Metadata>;

const TRIES = 10;

export type Cuts = {
  readonly reader: Reader;
  readonly writer: Writer;
  readonly random: Runtime['random'];
};

/**
 * Cuts a stream; names of streams include the prefix here. Cut events disappear from reads of the stream at once, and
 * from `$all` at the next scavenge.
 */
export const truncateBefore = async (cuts: Cuts, stream: string, revision: Revision): Promise<void> => {
  const last = await readLastEvent(cuts.reader, stream);
  if (last === undefined) return;
  const before = Math.min(revision, Number(last.revision));
  await changeMetadata(cuts, stream, (now) => (before <= (now.$tb ?? 0) ? undefined : { ...now, $tb: before }));
};

export const keepLast = (cuts: Cuts, stream: string): Promise<void> =>
  changeMetadata(cuts, stream, (now) => (now.$maxCount === 1 ? undefined : { ...now, $maxCount: 1 }));

export const deleteStream = ({ reader }: Cuts, stream: string): Promise<void> =>
  reader.surely(`delete ${stream}`, async (client) => {
    try {
      await client.tombstoneStream(stream, { expectedRevision: ANY, requiresLeader: true });
    } catch (error) {
      if (!(error instanceof StreamDeletedError)) throw error;
    }
  });

/**
 * Changes the metadata of a stream. A write replaces all of it, so it is read first, and again after a concurrent
 * change.
 */
const changeMetadata = async (
  { reader, writer, random }: Cuts,
  stream: string,
  change: (now: Metadata) => Metadata | undefined,
): Promise<void> => {
  const metastream = `$$${stream}`;
  for (let tries = 1; ; tries++) {
    const last = await readLastEvent(reader, metastream);
    const next = change(Metadata.parse(last?.data ?? {}));
    if (next === undefined) return;
    const event = { id: random.uuid(), type: '$metadata', data: JSON.stringify(next), metadata: '' };
    const expectedRevision = last === undefined ? NO_STREAM : Number(last.revision);
    try {
      await writer.append({ stream: metastream, expectedRevision, events: [event] }, metastream);
      return;
    } catch (error) {
      if (error instanceof StreamDeleted) return;
      // Cuts are idempotent: the caller repeats the cut, whether or not this append was made.
      if (error instanceof AppendUnanswered) throw new LogUnavailable({ cause: error });
      if (!(error instanceof WrongExpectedRevision) || tries >= TRIES) throw error;
    }
  }
};
