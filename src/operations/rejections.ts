import { appendEvents, type EventLog } from '../commands/loop/handle-command.ts';
import { defined } from '../domain/defined.ts';
import { CARILLON, type EventOf } from '../domain/events/index.ts';
import { rejectionsStream } from '../domain/streams.ts';
import { type Instant, type Tenant, toInstant, toMs } from '../domain/values.ts';
import { createStreamQueues } from '../event-store/append-with-retry.ts';
import type { EventStore, Revision } from '../event-store/port.ts';
import type { Queries } from '../projections/queries/index.ts';
import { poll } from '../runtime/poll.ts';
import type { Runtime } from '../runtime/runtime.ts';
import { awaitWithTimeout } from '../runtime/timeout.ts';
import type { Metrics } from '../telemetry/metrics.ts';
import type { Notices, RejectionNotice } from '../telemetry/notices.ts';

type RejectedRequests = EventOf<'RequestsRejected'>['data'];

const append = (
  log: EventLog,
  tenant: Tenant | undefined,
  events: readonly EventOf<'RequestsRejected' | 'RejectionsTruncated'>[],
) =>
  appendEvents(log, {
    stream: rejectionsStream(tenant),
    context: { tenant: tenant ?? '', actor: CARILLON, correlationId: log.world.random.uuid() },
    events,
  });

/** Records rejected requests of one tenant, or of unknown callers. */
export const recordRejections =
  (log: EventLog) =>
  async (tenant: Tenant | undefined, counts: readonly RejectedRequests[]): Promise<void> => {
    await append(
      log,
      tenant,
      counts.map((data) => ({ type: 'RequestsRejected', data })),
    );
  };

/** Deletes a tenant's rejections recorded before an instant; first records that, for their read model. */
export const truncateRejections =
  (log: EventLog) =>
  async (tenant: Tenant | undefined, before: Instant): Promise<void> => {
    const stream = rejectionsStream(tenant);
    let kept: Revision | undefined;
    for await (const { recordedAt, revision } of log.store.readStream(stream)) {
      if (recordedAt < toMs(before)) continue;
      kept = revision;
      break;
    }
    const of = defined({ tenant });
    const { revision: cut } = await append(log, tenant, [{ type: 'RejectionsTruncated', data: { ...of, before } }]);
    await log.store.truncateBefore(stream, kept ?? cut);
  };

type RejectionsDeps = {
  readonly store: EventStore;
  readonly world: Runtime;
  readonly queries: Queries;
  readonly notices: Notices;
  readonly metrics: Metrics;
  readonly retentionMs: number;
};

const FIRST_CUT_MS = 60_000;
const CUT_EVERY_MS = 3_600_000;
/** Time limit for recording the last counts when the process stops. */
const LAST_RECORD_MS = 1_000;

/** Starts recording rejected requests for the audit and, once an hour, deletes expired records. */
export const startRejections = ({ queries, notices, metrics, retentionMs, ...deps }: RejectionsDeps): RejectionLog => {
  const { clock, timers, log } = deps.world;
  const events = { ...deps, lanes: createStreamQueues() };
  const book = createRejectionLog(deps.world, metrics, recordRejections(events));
  const stopping = new AbortController();
  const { signal } = stopping;
  const cut = truncateRejections(events);
  const cutOld = async (): Promise<void> => {
    const before = toInstant(clock.now() - retentionMs);
    for (const tenant of await queries.tenantsWithOldRejections(before)) await cut(tenant, before);
  };
  const keepCutting = async (): Promise<void> => {
    await timers.sleep(FIRST_CUT_MS, signal);
    const look = () => cutOld().catch((error) => log.debug({ error }, 'could not delete old rejected requests'));
    await poll(look, { timers, everyMs: CUT_EVERY_MS, signal });
  };
  void keepCutting();
  return {
    rejected: (notice) => {
      notices.rejected(notice);
      book.rejected(notice);
    },
    stop: async () => {
      stopping.abort();
      await awaitWithTimeout(timers, LAST_RECORD_MS, book.stop());
    },
  };
};

/** Records counts in the log; without a tenant, those of unknown callers. */
type RecordCounts = (tenant: Tenant | undefined, counts: readonly RejectedRequests[]) => Promise<void>;

/** Counts rejected requests and records the counts in the background. */
export type RejectionLog = {
  rejected(notice: RejectionNotice): void;
  /** Records the current counts. */
  stop(): Promise<void>;
};

const POLL_INTERVAL_MS = 1_000;
const MINUTE_MS = 60_000;
/** Maximum detailed counts recorded per minute, for a tenant or for all unknown callers. */
const MAX_A_MINUTE = 100;
/** Maximum further counts, by code and operation only, so that noise hides no other request. */
const MAX_BROAD = 100;
/** Maximum counts that wait while the log does not respond. */
const MAX_WAITING = 1_000;

type Count = {
  readonly rejected: RejectedRequests;
  /** The first count of a minute is recorded immediately to be visible soon; the others when the minute is over. */
  readonly dueMs: number;
};

type Page = {
  /** Counts that wait to be recorded, by kind, source and minute. */
  readonly counts: Map<string, Count>;
  minute: number;
  /** Kinds counted in this minute, and the number of counts started in it. */
  seen: Set<string>;
  begun: number;
};

/**
 * Creates a log of rejected requests. They are counted by kind, source and minute, with at most 100 recorded counts per
 * minute for a tenant or for all unknown callers: a stranger can fill neither the log nor the memory. The excess is counted
 * by code and operation, with caller, path and source as long as these are identical. What exceeds 100 such counts is only
 * in a metric.
 */
export const createRejectionLog = (world: Runtime, metrics: Metrics, record: RecordCounts): RejectionLog => {
  const { clock, timers, log } = world;
  const countUnrecorded = metrics.counter('carillon_rejected_requests_unrecorded_total');
  const stopping = new AbortController();
  const pages = new Map<Tenant | undefined, Page>();
  let waiting = 0;

  const rejected = (notice: RejectionNotice): void => {
    const nowMs = clock.now();
    const minute = Math.floor(nowMs / MINUTE_MS);
    const page = pages.get(notice.tenant) ?? { counts: new Map(), minute, seen: new Set(), begun: 0 };
    if (page.minute !== minute) Object.assign(page, { minute, seen: new Set(), begun: 0 });
    const exact = JSON.stringify([minute, kindOf(notice)]);
    const isExact = page.counts.has(exact) || page.begun < MAX_A_MINUTE;
    const key = isExact ? exact : JSON.stringify([minute, 'more', notice.code, notice.action]);
    const before = page.counts.get(key);
    const isFull = page.begun >= MAX_A_MINUTE + MAX_BROAD || waiting >= MAX_WAITING;
    if (before === undefined && (isFull || stopping.signal.aborted)) {
      countUnrecorded({ code: notice.code });
      return;
    }
    if (before === undefined) {
      page.begun += 1;
      waiting += 1;
    }
    const details = { ...detailsOf(notice), minute: toInstant(minute * MINUTE_MS), count: 0 };
    const counted = before === undefined ? details : shared(before.rejected, details);
    const dueMs = before?.dueMs ?? (page.seen.has(key) ? (minute + 1) * MINUTE_MS : nowMs);
    page.counts.set(key, { rejected: { ...counted, count: counted.count + 1, lastAt: toInstant(nowMs) }, dueMs });
    page.seen.add(key);
    pages.set(notice.tenant, page);
  };

  const recordPage = async (tenant: Tenant | undefined, { counts }: Page): Promise<void> => {
    const nowMs = stopping.signal.aborted ? Number.POSITIVE_INFINITY : clock.now();
    const due = [...counts].filter(([, { dueMs }]) => dueMs <= nowMs);
    if (due.length === 0) return;
    for (const [key] of due) counts.delete(key);
    waiting -= due.length;
    const taken = due.map(([, { rejected: each }]) => each);
    try {
      await record(tenant, taken);
    } catch (error) {
      log.warn({ error }, 'could not record rejected requests');
      for (const { code, count } of taken) countUnrecorded({ code }, count);
    }
  };

  const recordDue = async (): Promise<void> => {
    const minute = Math.floor(clock.now() / MINUTE_MS);
    for (const [tenant, page] of pages) {
      await recordPage(tenant, page);
      if (page.minute !== minute && page.counts.size === 0) pages.delete(tenant);
    }
  };

  const keepRecording = async (): Promise<void> => {
    while (!stopping.signal.aborted) {
      await timers.sleep(POLL_INTERVAL_MS, stopping.signal, 'look');
      await recordDue();
    }
  };

  const recording = keepRecording();
  return {
    rejected,
    stop: async () => {
      stopping.abort();
      await recording;
    },
  };
};

/**
 * What is counted together: same caller, operation and source, and same reason. The paths of unknown callers are excluded
 * because they are unlimited.
 */
const kindOf = ({ tenant, code, action, actor, from, path }: RejectionNotice) => [
  code,
  action,
  actor,
  from,
  tenant === undefined ? undefined : path,
];

/** Keeps only the fields that another request shares. */
const shared = (before: RejectedRequests, other: Partial<RejectedRequests>): RejectedRequests => {
  const { actor, path, from, ...rest } = before;
  return {
    ...rest,
    ...(actor === undefined || actor !== other.actor ? {} : { actor }),
    ...(path === undefined || path !== other.path ? {} : { path }),
    ...(from === undefined || from !== other.from ? {} : { from }),
  };
};

const detailsOf = ({ tenant, code, action, path, actor, from, correlationId }: RejectionNotice) => ({
  ...defined({ tenant }),
  code,
  ...defined({ action }),
  ...(path === undefined || tenant === undefined ? {} : { path }),
  ...defined({ actor, from }),
  requestId: correlationId ?? '',
});
