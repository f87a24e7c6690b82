import { openSession, type Session } from '../db/session.ts';
import { type Backoff, backoffMs } from '../runtime/backoff.ts';
import { failureMessage, isPermanent } from './failures.ts';
import type { ActiveState, Projection } from './projection.ts';
import type { FeedContext } from './status.ts';

const RETRY: Backoff = { firstMs: 100, longestMs: 5_000 };

type SuperviseOptions = {
  readonly projections: readonly Projection[];
  readonly state: ActiveState;
  /** Runs the projections over this connection until the signal aborts. Calls `progress` after each success. */
  readonly work: (session: Session, projections: readonly Projection[], progress: () => void) => Promise<void>;
  /** Called with the failure that keeps projections from running. */
  readonly onFailure: (projections: readonly Projection[], failure: { final: boolean; why: string }) => void;
};

/**
 * Keeps projections running. After an outage it retries. A permanent failure stops only the projection that it
 * concerns: until then the projections share one subscription, and afterwards each has its own.
 */
export const supervise = async (context: FeedContext, options: SuperviseOptions): Promise<void> => {
  const { projections, state, work, onFailure } = options;
  const { signal, world, databaseUrl, answerMs } = context;
  const names = projections.map(({ name }) => name);
  let failures = 0;
  const progress = () => {
    if (failures > 0) world.log.info({ projections: names, state }, 'projections continue');
    failures = 0;
  };
  while (!signal.aborted) {
    let session: Session | undefined;
    try {
      session = await openSession({ databaseUrl, name: `carillon projections ${state}`, answerMs: answerMs[state] });
      await work(session, projections, progress);
    } catch (error) {
      if (signal.aborted) return;
      if (isPermanent(error) && projections.length > 1) {
        await session?.close();
        await Promise.all(
          projections.map((projection) => supervise(context, { ...options, projections: [projection] })),
        );
        return;
      }
      const failure = {
        final: isPermanent(error),
        why: failureMessage(session?.lost.aborted ? session.lost.reason : error),
      };
      onFailure(projections, failure);
      const fields = { projections: names, state, error: failure.why };
      if (failure.final) {
        await recordStop(session, { projections, state, why: failure.why });
        world.log.error(fields, 'a projection stopped: it skips no events and waits for a matching version or log');
        return;
      }
      failures += 1;
      // Only the first failure of an outage is a warning.
      world.log[failures === 1 ? 'warn' : 'debug']({ ...fields, failures }, 'projections are delayed and will retry');
      await world.timers.sleep(backoffMs(failures, RETRY), signal);
    } finally {
      await session?.close();
    }
  }
};

/**
 * Records the stop in the database for other processes: with the generation, or if none could be created, in a row of
 * its own. This process does not depend on it, so failures are ignored.
 */
const recordStop = async (
  session: Session | undefined,
  { projections, state, why }: { projections: readonly Projection[]; state: ActiveState; why: string },
): Promise<void> => {
  const names = projections.map(({ name }) => name);
  const shapes = projections.map(({ shape }) => shape);
  const because = why.replaceAll('\0', '');
  await session?.client
    .query(
      `UPDATE projection_generations AS kept SET stopped_at = now(), stopped_because = $3
       FROM unnest($1::text[], $2::text[]) AS stopped (name, shape)
       WHERE kept.projection = stopped.name AND kept.shape = stopped.shape AND kept.state IN ($4, 'failed')`,
      [names, shapes, because, state],
    )
    .catch(() => {});
  if (state !== 'live') return;
  await session?.client
    .query(
      `INSERT INTO projection_generations (projection, generation, shape, state, stopped_at, stopped_because)
       SELECT name, 1 + coalesce((SELECT max(generation) FROM projection_generations WHERE projection = name), 0), shape,
         'failed', now(), $3
       FROM unnest($1::text[], $2::text[]) AS stopped (name, shape)
       WHERE NOT EXISTS (
         SELECT FROM projection_generations AS kept
         WHERE kept.projection = name AND kept.shape = stopped.shape AND kept.state IN ('live', 'failed')
       )`,
      [names, shapes, because],
    )
    .catch(() => {});
};
