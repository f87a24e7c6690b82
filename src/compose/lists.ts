import { comparePositions, LOG_START, type Position } from '../event-store/port.ts';
import { readLog, type Subscribable } from '../event-store/read-log.ts';
import { poll } from '../runtime/poll.ts';
import type { Runtime } from '../runtime/runtime.ts';
import { abortOnSignal } from '../runtime/timeout.ts';
import { firstOf, type HealthIssue, toHealthIssue } from './health-issues.ts';
import type { Shared } from './shared.ts';

/** Tracks the lag of the lists that a process serves. Getters make no requests. */
export type ListWatch = {
  /** Lag of the lists in whole seconds; 0 if it is unknown. */
  lagSeconds(): number;
  /** Whether the read models of this version exist, as far as is known; other versions' may have another shape. */
  areMade(): boolean;
  /** Issues for `/readyz`: unattended projections, or lagging lists. */
  issues(): readonly HealthIssue[];
};

const POLL_INTERVAL_MS = 1_000;
/** If the last poll is older than this, the log shows since when the lists lag. */
const UNWATCHED_MS = 5_000;
/** Lag and unattended projections count as issues after this time. */
const ISSUE_AFTER_MS = 5_000;

/**
 * Polls once a second the end of the log, and which projections are unattended.
 * @param unattended returns the projections that no process runs
 */
export const watchLists = (
  { store, world, readers: { logEnd }, queries: { reached }, onStop }: Shared,
  unattended: () => Promise<readonly string[]>,
): ListWatch => {
  const { clock, timers, log } = world;
  const stopping = new AbortController();
  onStop(async () => stopping.abort());
  const lag = createListLag();
  let lookedAtMs = Number.NEGATIVE_INFINITY;
  let idle: { readonly names: readonly string[]; readonly sinceMs: number } | undefined;

  const lookAtEnd = async (): Promise<void> => {
    const atMs = clock.monotonic();
    const end = await logEnd();
    const shown = reached();
    if (end === undefined || shown === undefined) return;
    lag.seeEnd(end, atMs - (atMs - lookedAtMs > UNWATCHED_MS ? await behindAlreadyMs(shown) : 0));
    lookedAtMs = atMs;
  };

  /** Age of the first event that the lists lack, in ms. */
  const behindAlreadyMs = async (shown: Position): Promise<number> => {
    const recordedMs = await recordedAfter(store, shown, world);
    return recordedMs === undefined ? 0 : Math.max(0, clock.now() - recordedMs);
  };

  const lookAtProjections = async (): Promise<void> => {
    const names = await unattended();
    idle = names.length === 0 ? undefined : { names, sinceMs: idle?.sinceMs ?? clock.monotonic() };
  };

  const oftenLook = (look: () => Promise<void>): Promise<void> =>
    poll(() => look().catch((error: unknown) => log.debug({ error }, 'could not read the lag of the read models')), {
      timers,
      everyMs: POLL_INTERVAL_MS,
      signal: stopping.signal,
    });

  const behindSinceMs = (): number | undefined => {
    const shown = reached();
    return shown === undefined ? undefined : lag.behindSinceMs(shown);
  };

  /** Creates an issue that has lasted for 5 s. @param sinceMs of the monotonic clock */
  const lasting = (what: string, sinceMs: number | undefined, why: (seconds: number) => string): HealthIssue[] => {
    if (sinceMs === undefined) return [];
    const lastsMs = clock.monotonic() - sinceMs;
    if (lastsMs < ISSUE_AFTER_MS) return [];
    return [toHealthIssue(what, { sinceMs: Math.round(clock.now() - lastsMs), why: why(Math.floor(lastsMs / 1_000)) })];
  };

  void oftenLook(lookAtEnd);
  void oftenLook(lookAtProjections);
  return {
    lagSeconds: () => {
      const sinceMs = behindSinceMs();
      return sinceMs === undefined ? 0 : Math.floor((clock.monotonic() - sinceMs) / 1_000);
    },
    areMade: () => reached() !== LOG_START,
    issues: () => [
      ...lasting(
        'projections',
        idle?.sinceMs,
        () =>
          `No process runs these projections: ${firstOf(idle?.names ?? [])}. Start a process with the role projections.`,
      ),
      ...lasting('lists', behindSinceMs(), (seconds) => `The read models are ${seconds} s behind the log.`),
    ],
  };
};

const TIMEOUT_MS = 3_000;

/** When the first event after a position was recorded, epoch ms; `undefined` if none is found within 3 s. */
const recordedAfter = (store: Subscribable, after: Position, { timers }: Runtime): Promise<number | undefined> =>
  abortOnSignal(timers, TIMEOUT_MS, async (signal) => {
    for await (const { events } of readLog(store, { after, signal })) if (events[0]) return events[0].recordedAt;
    return undefined;
  });

/**
 * Tracks since when lists lag behind the log, from periodic observations of the log's end: a list that has not reached an
 * observed end lacks events recorded by then, so the lag is never overstated.
 */
type ListLag = {
  /** Records the end of the log at an instant. `atMs` can be of any clock. */
  seeEnd(end: Position, atMs: number): void;
  /** Since when lists at this position lack an observed event; `undefined` if they lack none. */
  behindSinceMs(reached: Position): number | undefined;
};

type SeenEnd = { readonly end: Position; readonly atMs: number };

/** With more observations, every second one is dropped. Lists that catch up then seem slightly less behind. */
const MAX_SEEN = 2_000;

export const createListLag = (): ListLag => {
  /** Observed ends that the lists had not reached at the last check, oldest first. */
  let unreached: SeenEnd[] = [];
  return {
    seeEnd: (end, atMs) => {
      if (unreached.at(-1)?.end === end) return;
      unreached.push({ end, atMs });
      if (unreached.length > MAX_SEEN) unreached = unreached.filter((_, index) => index % 2 === 0);
    },
    behindSinceMs: (reached) => {
      const first = unreached.findIndex(({ end }) => comparePositions(end, reached) > 0);
      if (first !== 0) unreached = first === -1 ? [] : unreached.slice(first);
      return unreached[0]?.atMs;
    },
  };
};
