import type { ClientBase } from 'pg';
import { inTransaction } from '../db/session.ts';
import { comparePositions } from '../event-store/port.ts';
import { PROJECTED_CHANNEL } from './checkpoints.ts';
import { type Generation, pointViews } from './registry.ts';

/** How long a swap waits for queries that use the old views. New queries wait behind the swap, so this is short. */
const VIEWS_TIMEOUT = '1s';
const LOCK_NOT_AVAILABLE = '55P03';

export type SwapResult = 'swapped' | 'behind' | 'busy';

/**
 * Makes the generation the live one if it has handled every event that the live one has, in one transaction. The old
 * generation is retired: nothing writes to it any more, and its tables may be dropped.
 */
export const trySwap = async (client: ClientBase, built: Generation): Promise<SwapResult> => {
  try {
    return await inTransaction(client, () => swap(client, built));
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === LOCK_NOT_AVAILABLE) return 'busy';
    throw error;
  }
};

type LiveRow = { generation: number; position: string | null; event_position: string | null };

const swap = async (client: ClientBase, { projection, generation, checkpoint }: Generation): Promise<SwapResult> => {
  const { name, shape } = projection;
  await client.query(`SET LOCAL lock_timeout TO '${VIEWS_TIMEOUT}'`);
  const { rows } = await client.query<LiveRow>(
    `SELECT generation, position, event_position FROM projection_generations
     WHERE projection = $1 AND shape = $2 AND state = 'live' FOR UPDATE`,
    [name, shape],
  );
  const live = rows[0];
  const handled = live?.event_position ?? '';
  if (comparePositions(checkpoint.position ?? '', handled) < 0) return 'behind';
  await client.query(
    `UPDATE projection_generations SET state = 'retired'
     WHERE projection = $1 AND shape = $2 AND state = 'live'`,
    [name, shape],
  );
  // The old generation saw no event between its last event and its position, so the new one may take over that
  // position.
  await client.query(
    `UPDATE projection_generations SET state = 'live', position = greatest(position, $3), updated_at = now()
     WHERE projection = $1 AND generation = $2`,
    [name, generation, live?.position ?? null],
  );
  await pointViews(client, projection, generation);
  await client.query(`SELECT pg_notify('${PROJECTED_CHANNEL}', '')`);
  return 'swapped';
};
