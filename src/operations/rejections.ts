import { recordRejections, truncateRejections } from '../commands/rejection.ts';
import { defined } from '../domain/defined.ts';
import type { EventOf } from '../domain/events/index.ts';
import { type Tenant, toInstant } from '../domain/values.ts';
import { createStreamQueues } from '../event-store/append-with-retry.ts';
import type { EventStore } from '../event-store/port.ts';
import type { Queries } from '../projections/queries/index.ts';
import { poll } from '../runtime/poll.ts';
import type { Runtime } from '../runtime/runtime.ts';
import { awaitWithTimeout } from '../runtime/timeout.ts';
import type { Metrics } from '../telemetry/metrics.ts';
import type { Notices, RejectionNotice } from '../telemetry/notices.ts';

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
/** How long the last counts may take to be recorded, when the process stops. */
const LAST_RECORD_MS = 1_000;

/**
 * Starts what records rejected requests for the audit, beside the notices of them, and once an hour cuts those that are
 * kept no longer.
 */
export const startRejections = ({ queries, notices, metrics, retentionMs, ...deps }: RejectionsDeps): RejectionLog => {
  const { clock, timers, log } = deps.world;
  const events = { ...deps, lanes: createStreamQueues() };
  const book = createRejectionLog({ record: recordRejections(events), world: deps.world, metrics });
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

type RejectedRequests = EventOf<'RequestsRejected'>['data'];

type BookOptions = {
  /** Records them in the log, those of a tenant or of nobody who is known. */
  readonly record: (tenant: Tenant | undefined, counts: readonly RejectedRequests[]) => Promise<void>;
  readonly world: Runtime;
  readonly metrics: Metrics;
};

/** Counts rejected requests, and has the counts recorded in the background. */
export type RejectionLog = {
  rejected(notice: RejectionNotice): void;
  /** Records what is counted so far. */
  stop(): Promise<void>;
};

const POLL_INTERVAL_MS = 1_000;
const MINUTE_MS = 60_000;
/** How many counts of a tenant, or of nobody who is known, are recorded for one minute. */
const MAX_A_MINUTE = 100;
/** How many more there may be, counted by code and operation only, so that noise hides none of the others. */
const MAX_BROAD = 100;
/** How many counts wait while the log does not answer. */
const MAX_WAITING = 1_000;

type Count = {
  readonly rejected: RejectedRequests;
  /** The first of a minute is recorded at once, so that it is seen soon, and all others when the minute is over. */
  readonly dueMs: number;
};

/** The counts of one stream. */
type Page = {
  /** Those that wait to be recorded, by kind, source and minute. */
  readonly counts: Map<string, Count>;
  minute: number;
  /** What was counted in this minute, and how many counts were begun in it. */
  seen: Set<string>;
  begun: number;
};

/**
 * Creates a book of rejected requests. They are counted by kind, source and minute, and no more than 100 counts a minute
 * are recorded for a tenant, nor for all who are unknown: a stranger can fill neither the log nor the memory. What
 * exceeds that is counted by code and operation, with the caller, path and source as long as these are all the same; what
 * exceeds 100 such counts, in a metric only.
 */
export const createRejectionLog = ({ record, world, metrics }: BookOptions): RejectionLog => {
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

/** What is counted as one: who asked for what from where, and why it was rejected. Strangers' paths are without number. */
const kindOf = ({ tenant, code, action, actor, from, path }: RejectionNotice) => [
  code,
  action,
  actor,
  from,
  tenant === undefined ? undefined : path,
];

/** What was counted before, without what another request does not share. */
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
