import { comparePositions, LOG_START, type Position } from '../event-store/port.ts';
import { readLog, type Subscribable } from '../event-store/read-log.ts';
import { poll } from '../runtime/poll.ts';
import type { Runtime } from '../runtime/runtime.ts';
import { abortOnSignal } from '../runtime/timeout.ts';
import { firstOf, type HealthIssue, toHealthIssue } from './health-issues.ts';

/** What a process that answers lists knows of how far they are behind the log. It asks nobody for it. */
export type ListWatch = {
  /** By how many whole seconds the lists are behind; 0 where that is less than one, or not known. */
  lagSeconds(): number;
  /** Whether the read models of this release are made, as far as is known; those of another release may have another shape. */
  areMade(): boolean;
  /** What `/readyz` says of it: that nobody projects, or that the lists are behind. */
  troubles(): readonly HealthIssue[];
  stop(): void;
};

type WatchOptions = {
  /** Reads the end of the log. */
  readonly logEnd: () => Promise<Position | undefined>;
  readonly store: Subscribable;
  /** The position up to which all lists show the log; undefined while that is not known. */
  readonly reached: () => Position | undefined;
  /** Returns the projections that no process runs. */
  readonly unattended: () => Promise<readonly string[]>;
  readonly world: Runtime;
};

const POLL_INTERVAL_MS = 1_000;
/** After a longer time without a look, the log itself says since when the lists lack something. */
const UNWATCHED_MS = 5_000;
/** Lists that are behind, and projections that change hands, are no trouble for so long. */
const TROUBLE_AFTER_MS = 5_000;

/** Looks once a second where the log ends, and which projections nobody runs. */
export const watchLists = ({ logEnd, store, reached, unattended, world }: WatchOptions): ListWatch => {
  const { clock, timers, log } = world;
  const stopping = new AbortController();
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

  /** How long ago that was recorded which the lists lack first, in ms. */
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

  /** Tells of a trouble that has lasted for 5 s. @param sinceMs of the monotonic clock */
  const lasting = (what: string, sinceMs: number | undefined, why: (seconds: number) => string): HealthIssue[] => {
    if (sinceMs === undefined) return [];
    const lastsMs = clock.monotonic() - sinceMs;
    if (lastsMs < TROUBLE_AFTER_MS) return [];
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
    troubles: () => [
      ...lasting(
        'projections',
        idle?.sinceMs,
        () =>
          `No process runs these projections: ${firstOf(idle?.names ?? [])}. Start a process with the role projections.`,
      ),
      ...lasting('lists', behindSinceMs(), (seconds) => `The read models are ${seconds} s behind the log.`),
    ],
    stop: () => stopping.abort(),
  };
};

const TIMEOUT_MS = 3_000;

/** Tells when the first event after a position was recorded, epoch ms; undefined if none is found within 3 s. */
const recordedAfter = (store: Subscribable, after: Position, { timers }: Runtime): Promise<number | undefined> =>
  abortOnSignal(timers, TIMEOUT_MS, async (signal) => {
    for await (const { events } of readLog(store, { after, signal })) if (events[0]) return events[0].recordedAt;
    return undefined;
  });

/**
 * Knows since when lists are behind the log. It is shown the end of the log from time to time: a list that has not come
 * to an end by now lacks what was recorded when that end was seen, so the lag is never overstated.
 */
type ListLag = {
  /** Notes where the log ended at an instant. Any clock will do for `atMs`. */
  seeEnd(end: Position, atMs: number): void;
  /** Since when lists that show the log up to this position lack something; undefined if nothing that was seen. */
  behindSinceMs(reached: Position): number | undefined;
};

type SeenEnd = { readonly end: Position; readonly atMs: number };

/** Of more ends than this each second one is forgotten. Lists that catch up then seem a little less behind. */
const MAX_SEEN = 2_000;

export const createListLag = (): ListLag => {
  /** The ends that lists had not come to when last asked, oldest first. */
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
