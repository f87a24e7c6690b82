import { comparePositions, type Position } from '../../event-store/port.ts';
import type { World } from '../../world.ts';
import { PROJECTED_CHANNEL, readTold, shapeKey } from '../checkpoints.ts';
import { reasonOf } from '../failures.ts';
import type { Projection } from '../projection.ts';
import { findGenerations } from '../registry.ts';
import { openSession, probe, type Session } from '../session.ts';
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
  /** Of the live generations, as told or looked up last. */
  const positions = new Map<string, Position>();
  let reached: Position | undefined;
  let session: Session | undefined;
  let looking = false;
  let again = false;

  const settleReached = (): void => {
    reached = lowest(projections.map((each) => positions.get(shapeKey(each))));
    for (const waiter of waiters) if (isReached(waiter.position, reached)) waiter.settle(true);
  };

  const told = (payload: string | undefined): void => {
    const moved = readTold(payload);
    if (moved === undefined) return void look();
    for (const [key, position] of moved) positions.set(key, later(positions.get(key), position));
    settleReached();
  };

  const look = async (): Promise<void> => {
    if (session === undefined) return;
    if (looking) {
      again = true;
      return;
    }
    looking = true;
    try {
      do {
        again = false;
        for (const { projection, checkpoint } of await findGenerations(session.client, projections, 'live')) {
          if (checkpoint.position === undefined) continue;
          const key = shapeKey(projection);
          positions.set(key, later(positions.get(key), checkpoint.position));
        }
        settleReached();
      } while (again);
    } catch (error) {
      world.log.debug({ error: reasonOf(error) }, 'the read models could not be asked for their positions');
    } finally {
      looking = false;
    }
  };

  const listen = async (): Promise<void> => {
    let failures = 0;
    while (!closing.signal.aborted) {
      try {
        session = await openSession({ databaseUrl, name: 'carillon positions' });
        session.client.on('notification', ({ payload }) => told(payload));
        await session.client.query(`LISTEN ${PROJECTED_CHANNEL}`);
        positions.clear();
        failures = 0;
        void look();
        await probe(session, world.timers, AbortSignal.any([closing.signal, session.lost]));
      } catch (error) {
        world.log[failures === 0 ? 'warn' : 'debug'](
          { error: reasonOf(error) },
          'read models can not be waited for until Postgres answers again',
        );
        failures += 1;
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
        if (reached === undefined) void look();
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
const lowest = (positions: readonly (Position | undefined)[]): Position | undefined =>
  positions.reduce((a, b) => (a === undefined || b === undefined ? undefined : comparePositions(a, b) <= 0 ? a : b));

const later = (a: Position | undefined, b: Position): Position =>
  a !== undefined && comparePositions(a, b) > 0 ? a : b;
