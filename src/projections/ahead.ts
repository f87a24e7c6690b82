import type { ClientBase } from 'pg';
import { z } from 'zod';
import { inTransaction } from '../db/session.ts';
import { LogMismatch } from '../event-store/errors.ts';
import { checkCheckpoint } from '../event-store/identity.ts';
import type { EventStore } from '../event-store/port.ts';
import { generationSchema } from './projection.ts';

/** A generation with events that the log does not have, and how that was detected. */
export type AheadGeneration = { readonly name: string; readonly generation: number; readonly why: string };

type PlacedLog = {
  readonly store: EventStore;
  readonly logId: string;
  /** Whether the log's end is never before a reader's position; false if a log has events of its own. */
  readonly endsExactly: boolean;
};

const Row = z.object({
  projection: z.string(),
  generation: z.int(),
  log_id: z.string().nullable(),
  position: z.string().nullable(),
  event_position: z.string().nullable(),
  event_id: z.string().nullable(),
});

/**
 * Finds the generations that are ahead of the log: the log was set back, or it is another log. It checks the
 * last event and the position of each, because no event recorded up to there would ever reach it.
 */
export const findAhead = async (
  client: ClientBase,
  { store, logId, endsExactly }: PlacedLog,
): Promise<AheadGeneration[]> => {
  const { rows } = await client.query(
    `SELECT projection, generation, log_id, position, event_position, event_id FROM projection_generations
     WHERE state <> 'retired' ORDER BY projection, generation`,
  );
  const ahead: AheadGeneration[] = [];
  for (const row of z.array(Row).parse(rows)) {
    const { projection: name, generation, log_id, position, event_position, event_id } = row;
    const reader = `the read model ${name}`;
    const checkpoints = [
      ...(log_id !== null && event_position !== null && event_id !== null
        ? [{ logId: log_id, position: event_position, eventId: event_id }]
        : []),
      ...(position !== null && endsExactly ? [{ logId: log_id ?? logId, position }] : []),
    ];
    try {
      for (const checkpoint of checkpoints) await checkCheckpoint(store, { reader, logId, checkpoint });
    } catch (error) {
      if (!(error instanceof LogMismatch)) throw error;
      ahead.push({ name, generation, why: whyAhead(error, row) });
    }
  }
  return ahead;
};

/** States what was read. Omits the error's message, which is written for a starting reader. */
const whyAhead = ({ code, message }: LogMismatch, row: z.infer<typeof Row>): string => {
  switch (code) {
    case 'OTHER_LOG':
      return `it has read log ${row.log_id}`;
    case 'BEYOND_END':
      return `it has read up to ${row.position}`;
    case 'OTHER_EVENT':
      return `it has read event ${row.event_id} at ${row.event_position}, where the log now has another event`;
    case 'COPY_UNFINISHED':
    case 'COPY_BROKEN':
      return message;
  }
};

/** Drops all generations of these projections, so that the next start fills them from the log. Nothing may feed them. */
export const dropGenerations = (client: ClientBase, names: readonly string[]): Promise<void> =>
  inTransaction(client, async () => {
    const { rows } = await client.query(
      'DELETE FROM projection_generations WHERE projection = ANY ($1::text[]) RETURNING projection, generation',
      [names],
    );
    const dropped = z.array(Row.pick({ projection: true, generation: true })).parse(rows);
    for (const { projection, generation } of dropped) {
      await client.query(`DROP SCHEMA IF EXISTS ${generationSchema(projection, generation)} CASCADE`);
    }
  });
