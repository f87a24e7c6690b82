import { evolveApplication } from '../../src/domain/application.ts';
import type { CalendarVersion } from '../../src/domain/closure/calendars.ts';
import type { PauseVersion } from '../../src/domain/closure/closure-book.ts';
import {
  type BulkWork,
  isApplicationEvent,
  isOperationEvent,
  type JobDefinition,
  type Operation,
  type RunTail,
  ScheduleFields,
} from '../../src/domain/events/index.ts';
import { rulesText } from '../../src/domain/job/rules.ts';
import { hasEnded, isResting } from '../../src/domain/operation.ts';
import { targetOf } from '../../src/domain/tasks/kinds.ts';
import type { LoadedApplication, LoadedClosures, ScheduledJob } from '../../src/engine/ports.ts';
import type { RecordedEvent } from '../../src/event-store/port.ts';
import type { ItemWalk, OpenOperation, SelectedItem } from '../../src/projections/queries/operations.ts';
import type { BackfillChange } from '../../src/projections/queries/records/backfills.ts';
import { type ExecutionChange, executionRecord } from '../../src/projections/queries/records/executions.ts';
import type { OfferChange } from '../../src/projections/queries/records/offers.ts';
import { foldBackfills } from '../../src/projections/read-models/backfills.ts';
import { foldExecutions } from '../../src/projections/read-models/executions-fold.ts';
import { type Expiries, foldExpiries } from '../../src/projections/read-models/expiry.ts';
import { foldJobs, type JobRowChange } from '../../src/projections/read-models/jobs-fold.ts';
import {
  type DefinitionRow,
  foldLedger,
  type RangeRow,
  type TakenRow,
} from '../../src/projections/read-models/ledger-fold.ts';
import { foldOffers } from '../../src/projections/read-models/offers.ts';
import { foldSchedule } from '../../src/projections/read-models/schedule-fold.ts';

type ScheduleRow = {
  readonly job: JobDefinition;
  readonly deleted: boolean;
  readonly jobRevision: number;
  readonly runsRevision: number;
  readonly tail?: RunTail;
};

/** The read models' own folds, and rows kept in memory by the rules of the statements that write them. */
export type ReadModels = {
  apply(events: readonly RecordedEvent[]): void;
  scheduledJobs(): ScheduledJob[];
  applications(): LoadedApplication[];
  openOperations(nowMs: number): OpenOperation[];
  /** Whatever the filter says: the simulation's bulks take all. */
  selectItems(work: BulkWork, walk: ItemWalk): SelectedItem[];
  newestExecution(jobId: number): ExecutionChange | undefined;
  executionsOf(jobId: number): ExecutionChange[];
  livingJobsOf(applicationId: number): { readonly jobId: number; readonly name: string }[];
  openExecutionsOf(applicationId: number): number[];
  newestBackfill(jobId: number): number | undefined;
  closures(): LoadedClosures;
  offers(): OfferChange[];
  /** Every row, to be compared. */
  rows(): unknown;
};

export const createReadModels = (): ReadModels => {
  const schedule = new Map<number, ScheduleRow>();
  const applications = new Map<number, LoadedApplication>();
  const executions = new Map<number, ExecutionChange>();
  const jobs = new Map<number, Omit<JobRowChange, 'created'>>();
  const backfills = new Map<number, BackfillChange>();
  const definitions = new Map<string, DefinitionRow>();
  const taken = new Map<string, TakenRow>();
  const ranges = new Map<string, RangeRow>();
  const operations = new Map<number, Operation & { readonly revision: number }>();
  const pauses = new Map<number, PauseVersion>();
  const calendars = new Map<string, CalendarVersion>();
  const expiries: Expiries = new Map();
  const offers = new Map<number, OfferChange>();

  const applySchedule = (events: readonly RecordedEvent[]): void => {
    const changes = foldSchedule(events);
    if (changes === undefined) return;
    for (const [jobId, { job, deleted, revision }] of changes.definitions) {
      const kept = schedule.get(jobId) ?? { jobRevision: -1, runsRevision: -1 };
      if (kept.jobRevision < revision) schedule.set(jobId, { ...kept, job, deleted, jobRevision: revision });
    }
    for (const [jobId, { tail, revision }] of changes.runs) {
      const kept = schedule.get(jobId);
      if (kept !== undefined && kept.runsRevision < revision) {
        schedule.set(jobId, { ...kept, tail, runsRevision: revision });
      }
    }
    for (const [jobId, row] of schedule) if (isOver(row)) schedule.delete(jobId);
  };

  const applyApplications = (events: readonly RecordedEvent[]): void => {
    for (const event of events) {
      if (!isApplicationEvent(event)) continue;
      const { revision } = event;
      const application = evolveApplication(event);
      const deleted = event.type === 'ApplicationDeleted';
      const { applicationId, limits } = application;
      const kept = applications.get(applicationId)?.revision ?? -1;
      if (kept < revision) applications.set(applicationId, { applicationId, revision, limits, deleted });
    }
  };

  const applyExecutions = (events: readonly RecordedEvent[]): void => {
    for (const [id, change] of foldExecutions(events) ?? []) {
      const kept = executions.get(id);
      if (kept === undefined) executions.set(id, change);
      else if (kept.revision < change.revision) executions.set(id, executionRecord.merge(kept, change));
    }
  };

  const applyBackfills = (events: readonly RecordedEvent[]): void => {
    const { requested = [], cancelled = [] } = foldBackfills(events) ?? {};
    for (const row of requested) if (!backfills.has(row.id)) backfills.set(row.id, row);
    for (const end of cancelled) {
      const kept = backfills.get(end.id);
      if (kept !== undefined && kept.cancelledAt === undefined) backfills.set(end.id, { ...kept, ...end });
    }
  };

  const applyJobs = (events: readonly RecordedEvent[]): void => {
    // Whether a batch holds the creation is not of the row: it depends on where the batch begins.
    for (const [id, { created, ...change }] of foldJobs(events)?.jobs ?? []) {
      const kept = jobs.get(id);
      if (kept === undefined || kept.revision < change.revision) jobs.set(id, { ...kept, ...change });
    }
  };

  const applyLedger = (events: readonly RecordedEvent[]): void => {
    const changes = foldLedger(events);
    const putOnce = <V>(rows: Map<string, V>, key: string, row: V) => void (rows.has(key) || rows.set(key, row));
    for (const row of changes?.definitions ?? []) putOnce(definitions, `${row.jobId}/${row.jobRevision}`, row);
    for (const row of changes?.ranges ?? []) putOnce(ranges, `${row.jobId}/${row.revision}`, row);
    for (const row of changes?.taken ?? []) {
      for (const [key, before] of taken) {
        const isEnded =
          before.jobId === row.jobId && before.jobRevision < row.jobRevision && before.inForceUntil === undefined;
        if (isEnded) taken.set(key, { ...before, inForceUntil: row.inForceFrom });
      }
      putOnce(taken, `${row.jobId}/${row.jobRevision}`, row);
    }
  };

  /** As the statements that write it do, after all else of a batch. */
  const applyExpiries = (events: readonly RecordedEvent[]): void => {
    for (const [jobId, expiry] of foldExpiries(events)) {
      const { before, keptFrom, activeDefinition } = expiry;
      expiries.set(jobId, expiry);
      for (const [id, row] of executions) if (row.jobId === jobId && row.createdAt < before) executions.delete(id);
      for (const [id, row] of backfills) if (row.jobId === jobId && row.createdAt < before) backfills.delete(id);
      for (const [key, row] of ranges) if (row.jobId === jobId && row.revision < keptFrom) ranges.delete(key);
      for (const [id, offer] of offers) if (offer.jobId === jobId && offer.revision < keptFrom) offers.delete(id);
      if (activeDefinition === undefined) continue;
      const ofJob = [...taken].filter(([, row]) => row.jobId === jobId);
      for (const [key, row] of ofJob) if (row.jobRevision <= activeDefinition.jobRevision) taken.delete(key);
      const later = ofJob.flatMap(([, row]) => (row.jobRevision > activeDefinition.jobRevision ? [row] : []));
      const [next] = later.sort((a, b) => a.jobRevision - b.jobRevision);
      const { jobRevision, from: inForceFrom, activatedAt } = activeDefinition;
      const row = { jobId, jobRevision, inForceFrom, inForceUntil: next?.inForceFrom, activatedAt };
      taken.set(`${jobId}/${jobRevision}`, row);
    }
  };

  const applyOffers = (events: readonly RecordedEvent[]): void => {
    const { offered = [], changed = [], ended = [] } = foldOffers(events) ?? {};
    const isNewer = (id: number, revision: number) => (offers.get(id)?.revision ?? -1) < revision;
    for (const [id, offer] of offered) if (isNewer(id, offer.revision)) offers.set(id, offer);
    for (const [id, { isCancelled, revision, ...taken }] of changed) {
      const kept = offers.get(id);
      if (kept === undefined || kept.revision >= revision) continue;
      const known = Object.fromEntries(Object.entries(taken).filter(([, value]) => value !== undefined));
      offers.set(id, { ...kept, ...known, isCancelled: isCancelled || kept.isCancelled, revision });
    }
    for (const [id, revision] of ended) if (isNewer(id, revision)) offers.delete(id);
  };

  const applyOperations = (events: readonly RecordedEvent[]): void => {
    for (const event of events) {
      if (!isOperationEvent(event)) continue;
      const { data, revision } = event;
      if ((operations.get(data.operationId)?.revision ?? -1) < revision)
        operations.set(data.operationId, { ...data, revision });
    }
  };

  const itemsOf = (work: BulkWork): SelectedItem[] =>
    work.of === 'jobs'
      ? [...jobs].flatMap(([jobId, { definition, deleted }]) => {
          if (definition === undefined || deleted) return [];
          return [{ item: { of: 'job' as const, jobId }, cursor: { at: definition.createdAt, id: jobId } }];
        })
      : [...executions.values()].flatMap(({ id, jobId, scheduledAt, createdAt, finishedAt }) => {
          if (work.action === 'cancel' && finishedAt !== undefined) return [];
          const item = { of: 'execution' as const, executionId: id, jobId, scheduledAt };
          return [{ item, cursor: { at: createdAt, id } }];
        });

  const applyCalendars = (events: readonly RecordedEvent[]): void => {
    for (const event of events) {
      if (event.type !== 'CalendarSet' && event.type !== 'CalendarDeleted') continue;
      const { stream, revision, data, type } = event;
      calendars.set(`${stream}/${revision}`, { ...data, revision, deleted: type === 'CalendarDeleted' });
    }
  };

  const applyPauses = (events: readonly RecordedEvent[]): void => {
    for (const event of events) {
      if (event.type !== 'PauseSet' && event.type !== 'PauseLifted') continue;
      const { data, revision } = event;
      const kept = pauses.get(data.pauseId);
      if (kept === undefined || kept.revision < revision) pauses.set(data.pauseId, { ...data, revision });
    }
  };

  return {
    apply: (events) => {
      applyOperations(events);
      applySchedule(events);
      applyApplications(events);
      applyExecutions(events);
      applyBackfills(events);
      applyJobs(events);
      applyLedger(events);
      applyPauses(events);
      applyCalendars(events);
      applyOffers(events);
      applyExpiries(events);
    },
    openOperations: (nowMs) =>
      [...operations.values()]
        .filter((row) => !hasEnded(row) && !isResting(row, nowMs))
        .sort((a, b) => a.operationId - b.operationId),
    selectItems: (work, { upTo, after, limit }) =>
      itemsOf(work)
        .filter(({ cursor }) => cursor.at <= upTo && (after === undefined || isBefore(after, cursor)))
        .sort((a, b) => (isBefore(a.cursor, b.cursor) ? -1 : 1))
        .slice(0, limit),
    closures: () => ({ calendars: [...calendars.values()], pauses: [...pauses.values()] }),
    offers: () => [...offers.values()],
    newestExecution: (jobId) => [...executions.values()].findLast((execution) => execution.jobId === jobId),
    executionsOf: (jobId) => [...executions.values()].filter((execution) => execution.jobId === jobId),
    livingJobsOf: (applicationId) =>
      [...jobs].flatMap(([jobId, { definition, deleted }]) =>
        definition?.applicationId === applicationId && !deleted ? [{ jobId, name: definition.name }] : [],
      ),
    openExecutionsOf: (applicationId) =>
      [...executions.values()].flatMap((execution) =>
        execution.applicationId === applicationId && execution.finishedAt === undefined ? [execution.id] : [],
      ),
    newestBackfill: (jobId) => [...backfills.values()].findLast((backfill) => backfill.jobId === jobId)?.id,
    scheduledJobs: () => [...schedule].map(([jobId, row]) => scheduledJob(jobId, row)),
    applications: () => [...applications.values()],
    rows: () => ({
      schedule: sorted(schedule),
      applications: sorted(applications),
      executions: sorted(executions),
      backfills: sorted(backfills),
      expiries: sorted(expiries),
      jobs: sorted(jobs),
      operations: sorted(operations),
      pauses: sorted(pauses),
      offers: sorted(offers),
      calendars: [...calendars],
      ledger: [definitions, taken, ranges].map((rows) => [...rows].sort(([a], [b]) => (a < b ? -1 : 1))),
    }),
  };
};

const isBefore = (a: SelectedItem['cursor'], b: SelectedItem['cursor']): boolean =>
  a.at < b.at || (a.at === b.at && a.id < b.id);

/** A deleted job is kept until its runs took the deletion and none is open. */
const isOver = ({ deleted, jobRevision, tail }: ScheduleRow): boolean =>
  deleted && tail !== undefined && tail.jobRevision >= jobRevision && tail.open.length === 0;

const scheduledJob = (jobId: number, { job, deleted, jobRevision, runsRevision, tail }: ScheduleRow): ScheduledJob => ({
  jobId,
  tenant: job.tenant,
  applicationId: job.applicationId,
  enabled: job.enabled,
  deleted,
  jobRevision,
  scheduleFields: ScheduleFields.parse(job),
  rules: rulesText(job),
  target: targetOf(job),
  runsRevision,
  tail,
});

const sorted = <V>(rows: ReadonlyMap<number, V>): [number, V][] => [...rows].sort(([a], [b]) => a - b);
