import type { ClientBase } from 'pg';
import { comparePositions, type Position } from '../../event-store/port.ts';
import type { World } from '../../world.ts';
import { aborted } from '../aborted.ts';
import { PROJECTED_CHANNEL } from '../checkpoints.ts';
import { reasonOf } from '../failures.ts';
import type { Projection } from '../projection.ts';
import { findGenerations } from '../registry.ts';
import { openSession, type Session } from '../session.ts';
import type { Queries } from './port.ts';

export type PositionWatch = Pick<Queries, 'awaitPosition'> & { close(): Promise<void> };

type Waiter = { readonly position: Position; readonly settle: (reached: boolean) => void };
type Options = {
  readonly databaseUrl: string;
  readonly projections: readonly Projection[];
  readonly world: Pick<World, 'timers' | 'log'>;
};

const RECONNECT_MS = 500;

/** Tells when all read models have come to a position, whichever process feeds them: over one connection of its own. */
export const watchPositions = ({ databaseUrl, projections, world }: Options): PositionWatch => {
  const closing = new AbortController();
  const waiters = new Set<Waiter>();
  let reached: Position | undefined;
  let session: Session | undefined;
  let looking = false;
  let again = false;

  const look = async (): Promise<void> => {
    if (session === undefined || waiters.size === 0) return;
    if (looking) {
      again = true;
      return;
    }
    looking = true;
    try {
      do {
        again = false;
        reached = await lowestPosition(session.client, projections);
        for (const waiter of waiters) if (isReached(waiter.position, reached)) waiter.settle(true);
      } while (again);
    } catch (error) {
      world.log.debug({ error: reasonOf(error) }, 'the read models could not be asked for their positions');
    } finally {
      looking = false;
    }
  };

  const listen = async (): Promise<void> => {
    while (!closing.signal.aborted) {
      try {
        session = await openSession({ databaseUrl, name: 'carillon positions' });
        session.client.on('notification', () => void look());
        await session.client.query(`LISTEN ${PROJECTED_CHANNEL}`);
        void look();
        await aborted(AbortSignal.any([closing.signal, session.lost]));
      } catch (error) {
        world.log.warn({ error: reasonOf(error) }, 'read models can not be waited for until Postgres answers again');
      }
      const ended = session;
      session = undefined;
      await ended?.close();
      await world.timers.sleep(RECONNECT_MS, closing.signal);
    }
  };
  const listening = listen();

  return {
    awaitPosition: (position, timeoutMs) =>
      new Promise((resolve) => {
        if (isReached(position, reached)) return resolve(true);
        const settle = (result: boolean) => {
          cancel();
          waiters.delete(waiter);
          resolve(result);
        };
        const waiter = { position, settle };
        const cancel = world.timers.after(timeoutMs, () => settle(false));
        waiters.add(waiter);
        void look();
      }),
    close: async () => {
      closing.abort();
      for (const { settle } of waiters) settle(false);
      await listening;
    },
  };
};

const isReached = (position: Position, reached: Position | undefined): boolean =>
  reached !== undefined && comparePositions(position, reached) <= 0;

/** Undefined while one of them has no live generation, or one that has read nothing. */
const lowestPosition = async (
  client: ClientBase,
  projections: readonly Projection[],
): Promise<Position | undefined> => {
  const live = await findGenerations(client, projections, 'live');
  if (live.length < projections.length) return undefined;
  return live
    .map(({ checkpoint }) => checkpoint.position)
    .reduce((a, b) => (a === undefined || b === undefined ? undefined : comparePositions(a, b) <= 0 ? a : b));
};
