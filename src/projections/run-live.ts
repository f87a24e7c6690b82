import { probe, type Session } from '../db/session.ts';
import { defined } from '../domain/defined.ts';
import type { Position } from '../event-store/port.ts';
import type { Runtime } from '../runtime/runtime.ts';
import { AWAITED_CHANNEL } from './checkpoints.ts';
import { GenerationMoved } from './failures.ts';
import { type FillProgress, fillSeparately } from './fill.ts';
import { takeLocks } from './locks.ts';
import type { Projection } from './projection.ts';
import { ensureLive } from './registry.ts';
import { runSharedSubscription } from './shared-subscription.ts';
import type { FeedContext } from './status.ts';
import { supervise } from './supervise.ts';

/** How often a standby process checks for projections without a runner. */
const STANDBY_POLL_MS = 1_000;
const AFTER_MOVE_MS = 20;
/** After so many full batches in a row the generations are far behind, and are filled as a rebuild fills its own. */
const FULL_BATCHES = 4;

type Lane = {
  readonly projections: readonly Projection[];
  /** How long events are gathered after each batch that is not full, ms. */
  readonly restMs: number;
  /** How long a batch waits for the ends of the executions that it begins, ms, unless somebody waits for positions. */
  readonly endsWithinMs: number;
};

/** Applies events to the live generations that no other process runs. */
export const runLive = (context: FeedContext, { projections, ...gathering }: Lane): Promise<void> =>
  supervise(context, {
    projections,
    state: 'live',
    work: (session, live, progress) => work(context, session, { ...gathering, projections: live, progress }),
    onFailure: (failed, { final, why }) => {
      for (const each of failed) context.board.set(each, { state: final ? 'stopped' : 'retrying', why });
    },
  });

const work = async (
  context: FeedContext,
  session: Session,
  { projections, progress, ...gathering }: Lane & { readonly progress: () => void },
): Promise<void> => {
  const { signal, board, world } = context;
  const until = AbortSignal.any([signal, session.lost]);
  let held: ReadonlySet<Projection> = new Set();
  while (!signal.aborted) {
    session.lost.throwIfAborted();
    held = await takeLocks(session.client, projections, { state: 'live', held });
    for (const each of projections) board.set(each, { state: held.has(each) ? 'running' : 'standby' });
    if (held.size === 0) {
      progress();
      await world.timers.sleep(STANDBY_POLL_MS, until, 'look');
      continue;
    }
    try {
      await feed(context, session, { ...gathering, projections, held, progress });
    } catch (error) {
      if (!(error instanceof GenerationMoved)) throw error;
      world.log.info({ reason: error.message }, 'projections check again for their live generations');
      await world.timers.sleep(AFTER_MOVE_MS, until);
    }
  }
};

type LiveWork = Lane & {
  readonly held: ReadonlySet<Projection>;
  readonly progress: () => void;
};

type ShownPosition = {
  readonly position: Position;
  readonly caughtUp: boolean;
  readonly recordedMs: number | undefined;
};

/**
 * Runs the held projections. Returns from time to time while others are not held, so that the caller can try to take
 * them.
 */
const feed = async (
  context: FeedContext,
  session: Session,
  { projections, restMs, endsWithinMs, held, progress }: LiveWork,
): Promise<void> => {
  const { signal, board, maxEvents, world } = context;
  const { client, lost } = session;
  const leaving = new AbortController();
  const left = new AbortController();
  const generations = await ensureLive(client, [...held]);
  let fullBatches = 0;
  const show = ({ position, caughtUp, recordedMs }: ShownPosition): void => {
    const change = defined({ position, caughtUp: caughtUp || undefined, recordedMs });
    for (const each of held) board.set(each, change);
  };
  const cancelPoll =
    held.size < projections.length ? world.timers.after(STANDBY_POLL_MS, () => leaving.abort()) : () => {};
  const shared = {
    ...context,
    client,
    state: 'live',
    maxEvents: maxEvents.live,
    signal: AbortSignal.any([signal, lost, leaving.signal]),
  } as const;
  void probe(session, world.timers, AbortSignal.any([shared.signal, left.signal]));
  const { rest, endRest } = createRest(world);
  client.on('notification', endRest);
  try {
    await client.query(`LISTEN ${AWAITED_CHANNEL}`);
    const end = await runSharedSubscription(
      {
        ...shared,
        ...(endsWithinMs > 0 && { rest: () => rest(endsWithinMs, shared.signal) }),
        afterBatch: async (fed, { events, count, position, caughtUp }) => {
          progress();
          show({ position, caughtUp, recordedMs: events.at(-1)?.recordedAt });
          fullBatches = count < maxEvents.live ? 0 : fullBatches + 1;
          if (restMs > 0 && fullBatches === 0) await rest(restMs, shared.signal);
          return fullBatches < FULL_BATCHES ? fed : 'far behind';
        },
      },
      generations,
    );
    if (end === 'far behind') {
      const onProgress = ({ position, recordedMs }: FillProgress): void => {
        progress();
        show({ position, caughtUp: false, recordedMs });
      };
      await fillSeparately(
        { ...context, state: 'live', signal: shared.signal, onProgress },
        await ensureLive(client, [...held]),
      );
    }
  } finally {
    cancelPoll();
    left.abort();
    client.off('notification', endRest);
  }
};

/** Rests that can be cut short. To end the rest also skips the next one: what is waited for may be in the batch after. */
const createRest = ({ timers }: Pick<Runtime, 'timers'>) => {
  let resting = new AbortController();
  let skipsNext = false;
  return {
    rest: async (lastsMs: number, signal: AbortSignal): Promise<void> => {
      resting = new AbortController();
      if (skipsNext) skipsNext = false;
      else await timers.sleep(lastsMs, AbortSignal.any([signal, resting.signal]), 'gather');
    },
    endRest: (): void => {
      resting.abort();
      skipsNext = true;
    },
  };
};
