import {
  type EventOf,
  isApplicationEvent,
  isJobEvent,
  isRunEvent,
  type Limit,
} from '../../../src/domain/events/index.ts';
import type { Run } from '../simulate.ts';
import type { Called } from '../targets.ts';

type Claim = EventOf<'ExecutionStarted'>['data'];

/** A call of a job that names a limit, from when its target had it until it was done or its attempt had ended. */
type LimitedCall = {
  readonly executionId: number;
  readonly limit: string;
  readonly engineId: string;
  readonly atMs: number;
  readonly endedMs: number;
};

/**
 * Never are more calls of a limit under way than it allows, nor more of them begun in a time; no engine has claimed more;
 * and none is dropped.
 */
export const checkLimits = (run: Run): string[] => {
  const { events } = run;
  const versions = events.flatMap((event) =>
    isApplicationEvent(event) && event.type === 'LimitSet'
      ? (event.data.limits ?? [])
          .filter(({ name }) => name === event.data.limit)
          .map((limit) => ({ ...limit, setMs: event.recordedAt - run.epochMs }))
      : [],
  );
  const calls = limitedCalls(run);
  return [...new Set(versions.map(({ name }) => name))]
    .flatMap((name) => {
      const own = {
        calls: calls.filter(({ limit }) => limit === name),
        versions: versions.filter((each) => each.name === name),
      };
      return [...checkParallel(own), ...checkRate(own), ...checkClaims(run, own)];
    })
    .concat(checkDropped(run));
};

type Of = {
  /** By when they began. */
  readonly calls: readonly LimitedCall[];
  readonly versions: readonly Version[];
};

type Version = Limit & { readonly setMs: number };

/** An engine may not have heard yet that a limit was changed: any version until then will do. */
const versionsAt = ({ versions }: Of, atMs: number) => versions.filter(({ setMs }) => setMs <= atMs);

const mostAt = (of: Of, atMs: number): number =>
  Math.max(...versionsAt(of, atMs).map(({ parallel = Number.POSITIVE_INFINITY }) => parallel));

const checkParallel = (of: Of): string[] =>
  of.calls.flatMap(({ atMs, executionId, limit }) => {
    const open = of.calls.filter((call) => call.atMs <= atMs && atMs < call.endedMs);
    const most = mostAt(of, atMs);
    return open.length <= most
      ? []
      : [`execution ${executionId} makes ${open.length} at once, more calls of the limit ${limit} than ${most}`];
  });

/**
 * A changed rate counts what begins after the change. No engine begins more than it allows; while owners change, calls
 * that an older one has claimed may still go out beside those of the new one.
 */
const checkRate = (of: Of): string[] =>
  of.calls.flatMap(({ executionId, atMs, limit }, index) => {
    const isOver = ({ rate, setMs }: Version): boolean => {
      if (rate === undefined) return false;
      const began = of.calls.slice(0, index + 1).filter((call) => call.atMs > Math.max(setMs, atMs - Number(rate.per)));
      const engines = new Set(began.map(({ engineId }) => engineId));
      return began.length > rate.count * engines.size;
    };
    return versionsAt(of, atMs).every(isOver)
      ? [`execution ${executionId} begins more calls of the limit ${limit} in a time than it allows`]
      : [];
  });

/** What exceeds a limit waits without being claimed: an engine knows its own claims, however the owners change. */
const checkClaims = ({ events, epochMs }: Run, of: Of): string[] => {
  const limits = limitsOfJobs(events);
  const open = new Map<string, Claim>();
  return events.filter(isRunEvent).flatMap((event) => {
    if ('finishedAt' in event.data) open.delete(keyOf(event.data));
    if (event.type !== 'ExecutionStarted' || limits.get(versionOf(event.data)) !== of.versions[0]?.name) return [];
    const { executionId, engineId } = event.data;
    open.set(keyOf(event.data), event.data);
    const claimed = [...open.values()].filter((claim) => claim.engineId === engineId).length;
    const most = mostAt(of, event.recordedAt - epochMs);
    return claimed <= most
      ? []
      : [`execution ${executionId} is claim ${claimed} of ${engineId} for a limit of ${most}`];
  });
};

const limitsOfJobs = (events: Run['events']): ReadonlyMap<string, string | undefined> =>
  new Map(
    events.flatMap((event) =>
      isJobEvent(event) ? [[`${event.data.jobId}/${event.revision}`, event.data.limit] as const] : [],
    ),
  );

const versionOf = ({ jobId, jobRevision }: Pick<Claim, 'jobId' | 'jobRevision'>): string => `${jobId}/${jobRevision}`;

const limitedCalls = ({ events, calls, epochMs }: Run): LimitedCall[] => {
  const limits = limitsOfJobs(events);
  const claims = new Map<string, Claim>();
  const ends = new Map<string, number>();
  for (const event of events) {
    if (!isRunEvent(event)) continue;
    if (event.type === 'ExecutionStarted') claims.set(keyOf(event.data), event.data);
    if ('finishedAt' in event.data) ends.set(keyOf(event.data), event.recordedAt - epochMs);
  }
  return calls.flatMap((call) => {
    const claim = claims.get(keyOf(call));
    const limit = claim && limits.get(versionOf(claim));
    if (claim === undefined || limit === undefined) return [];
    const endedMs = Math.min(
      call.endedAtMs ?? Number.POSITIVE_INFINITY,
      ends.get(keyOf(call)) ?? Number.POSITIVE_INFINITY,
    );
    return [{ executionId: call.executionId, limit, engineId: claim.engineId, atMs: call.atMs, endedMs }];
  });
};

const keyOf = ({ executionId, attempt }: Pick<Called, 'executionId' | 'attempt'>): string =>
  `${executionId}/${attempt}`;

const checkDropped = ({ events }: Run): string[] =>
  events.flatMap((event) =>
    (event.type === 'OccurrencesMissed' || event.type === 'OccurrencesSkipped') && event.data.reason === 'LIMIT'
      ? [`${event.stream}/${event.revision} drops ${event.data.first} for its limit`]
      : [],
  );
