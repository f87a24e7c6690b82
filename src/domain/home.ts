import type { EventOf, HomeEvent, LogHome } from './events/index.ts';

/** How an engine starts: `paused` waits for a release on every log. */
export type StartMode = 'running' | 'paused';

/** The log's record of its locations and its origin. */
export type HomeHistory = {
  /** Last event of the stream `home`; absent if no engine has claimed on this log yet. */
  readonly last?: HomeEvent | undefined;
  /** Present if the log is a copy of another one. */
  readonly copied?: Pick<EventOf<'LogCopied'>['data'], 'copyOf' | 'released'> | undefined;
};

type EngineStart = {
  readonly mode: StartMode;
  /** Where the log is stored now. */
  readonly home: LogHome;
};

/** Whether an engine can claim, or why it waits for a release. */
export type StartVerdict = { readonly kind: 'claims' } | { readonly kind: 'waits'; readonly why: string };

const CLAIMS: StartVerdict = { kind: 'claims' };
const RELEASE = 'allow it with: carillon engine release';

/**
 * Decides whether a starting engine can claim. On a log that moved to another store it waits, because the original may still
 * be making calls: two logs do not know of each other's claims.
 */
export const judgeStart = ({ mode, home }: EngineStart, { last, copied }: HomeHistory): StartVerdict => {
  if (last?.data.home.logId === home.logId) {
    const moved = differenceOf(last.data.home, home);
    if (moved !== undefined)
      return waits(`this log was last used elsewhere (${moved}), so this may be a restored copy`);
    return mode === 'running' || last.type === 'EnginesReleased' ? CLAIMS : waits('ENGINE_START is paused');
  }
  if (copied?.released === false) return waits(`this log is a copy of log ${copied.copyOf}`);
  if (last !== undefined && last.data.home.logId !== copied?.copyOf) {
    return waits(`this log was last used as log ${last.data.home.logId}`);
  }
  return mode === 'running' ? CLAIMS : waits('ENGINE_START is paused');
};

const waits = (cause: string): StartVerdict => ({
  kind: 'waits',
  why: `${cause}: no jobs are called. If no other engine calls the same jobs, ${RELEASE}`,
});

/** Names the differences between two locations of one log; `undefined` if there are none. Absent fields are not compared. */
const differenceOf = (before: LogHome, now: LogHome): string | undefined => {
  if (before.store !== now.store) return `${before.store} before, ${now.store} now`;
  if (differs(before.system, now.system)) return `Postgres cluster ${before.system} before, ${now.system} now`;
  if (differs(before.database, now.database)) return `database ${before.database} before, ${now.database} now`;
  if (before.timeline !== undefined && now.recoveredFrom !== undefined && now.recoveredFrom >= before.timeline) {
    return `timeline ${before.timeline} before, ${now.timeline} now, after a point-in-time recovery`;
  }
  return undefined;
};

const differs = (before: string | undefined, now: string | undefined): boolean =>
  before !== undefined && now !== undefined && before !== now;

/**
 * Records the location at the start of an engine, if the engine can claim and the log does not have it yet. After a release,
 * a start without `paused` records it again, so that a later start with `paused` waits for its own release.
 */
export const decideStart = (start: EngineStart, history: HomeHistory): EventOf<'HomeRecorded'>[] => {
  const { mode, home } = start;
  const { last } = history;
  if (mode === 'paused' || judgeStart(start, history).kind === 'waits') return [];
  if (last?.type === 'HomeRecorded' && !addsTo(last.data.home, home)) return [];
  return [{ type: 'HomeRecorded', data: { home: { ...keptOf(last, home), ...home } } }];
};

/** Releases the engines at this location; records nothing if they are already released there. */
export const decideRelease = (home: LogHome, { last }: HomeHistory): EventOf<'EnginesReleased'>[] =>
  last?.type === 'EnginesReleased' && !addsTo(last.data.home, home)
    ? []
    : [{ type: 'EnginesReleased', data: { home } }];

/** Returns whether a location contains anything that is not recorded. */
const addsTo = (recorded: LogHome, home: LogHome): boolean =>
  recorded.logId !== home.logId ||
  recorded.store !== home.store ||
  (['system', 'database', 'timeline'] as const).some(
    (each) => home[each] !== undefined && home[each] !== recorded[each],
  );

/** Fields known before that can't be read at the moment. */
const keptOf = (last: HomeEvent | undefined, home: LogHome): Partial<LogHome> =>
  last?.data.home.logId === home.logId ? last.data.home : {};
