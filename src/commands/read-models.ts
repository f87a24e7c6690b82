import type { SlotHistory } from '../domain/backfill/backfill.ts';
import type { ClosureBook } from '../domain/closure/closure-book.ts';
import type { DomainErrorCode } from '../domain/codes/problem-codes.ts';
import { DomainError } from '../domain/domain-error.ts';
import { durationMs } from '../domain/duration.ts';
import type { Application, JobSelection } from '../domain/events/index.ts';
import type { IdRanges } from '../domain/id-ranges.ts';
import { type ApplicationId, type PauseId, type Tenant, toInstant } from '../domain/values.ts';
import type { EventStore, Position } from '../event-store/port.ts';
import type { Runtime } from '../runtime/runtime.ts';

/** The first jobs that use a resource, and their number, according to the read models. */
export type JobReferences = {
  readonly first: readonly { readonly jobId: number; readonly name: string }[];
  readonly total: number;
};

/** The first open executions, and their number. */
export type OpenExecutions = { readonly first: readonly number[]; readonly total: number };

type OfTenant = { readonly tenant: Tenant };
type OfApplication = { readonly applicationId: ApplicationId; readonly name: string };
/** The jobs to search; `applications` undefined means all. */
type JobsScope = OfTenant & { readonly applications?: readonly number[] };
type ListTotal = Promise<{ readonly total?: number }>;
type One = { readonly limit: number };

/** The queries of commands. */
export type CommandReads = {
  readonly store: EventStore;
  readonly world: Runtime;
  readonly queries: {
    awaitPosition(position: Position, timeoutMs: number): Promise<boolean>;
    listJobs(scope: OfTenant, filter: Readonly<Record<never, never>>, page: One): ListTotal;
    listCalendars(scope: OfTenant, page: One): ListTotal;
    listPauses(scope: OfTenant, page: One): ListTotal;
    countAlertRules(tenant: Tenant): Promise<number>;
    jobsWithCalendar(scope: OfTenant, name: string): Promise<JobReferences>;
    jobsWithLimit(scope: OfTenant, limit: OfApplication): Promise<JobReferences>;
    jobsWithHookVariable(scope: OfTenant, variable: OfApplication): Promise<JobReferences>;
    jobsOfApplication(scope: OfTenant, applicationId: ApplicationId): Promise<JobReferences>;
    openExecutionsOf(scope: OfTenant, applicationId: ApplicationId): Promise<OpenExecutions>;
    pausesOfApplication(scope: OfTenant, applicationId: ApplicationId): Promise<readonly PauseId[]>;
    loadClosures(
      scope: OfTenant,
      search: { readonly calendars: readonly string[]; readonly afterMs: number },
    ): Promise<ClosureBook>;
    slotHistory(scope: OfTenant, jobId: number, slotsMs: readonly number[]): Promise<SlotHistory>;
    findJobs(scope: JobsScope, filter: JobSelection): Promise<IdRanges>;
    limitUse(
      scope: OfTenant,
      limit: OfApplication & { readonly since: string },
    ): Promise<{ readonly running: number; readonly begun: number }>;
  };
};

/** How long a command waits for the read models that it depends on. */
const CATCH_UP_MS = 2_000;

/** Waits until the read models reach the current end of the log; false if that takes longer than `limitMs`. */
export const awaitReadModels = async ({ store, queries }: CommandReads, limitMs = CATCH_UP_MS): Promise<boolean> => {
  const end = await store.end();
  return end === undefined || queries.awaitPosition(end, limitMs);
};

/** Finds all jobs that match a filter; `undefined` if the read models are not up to date in time. */
export type FindJobs = (scope: JobsScope, filter: JobSelection) => Promise<IdRanges | undefined>;

export const findJobsBy =
  (reads: CommandReads): FindJobs =>
  async (scope, filter) => {
    try {
      return (await awaitReadModels(reads)) ? await reads.queries.findJobs(scope, filter) : undefined;
    } catch (error) {
      reads.world.log.warn({ error }, 'the jobs of a bulk operation could not be read at its start');
      return undefined;
    }
  };

/**
 * The outcomes of a job's slots, epoch ms, when the read models have reached the current end of the log.
 * @throws DomainError READ_MODELS_BEHIND if they do not catch up in time
 */
export type SlotHistories = (
  job: { readonly tenant: Tenant; readonly jobId: number },
  slotsMs: readonly number[],
) => Promise<SlotHistory>;

export const slotHistoriesOf =
  (reads: CommandReads): SlotHistories =>
  async ({ tenant, jobId }, slotsMs) => {
    if (await awaitReadModels(reads)) return reads.queries.slotHistory({ tenant }, jobId, slotsMs);
    throw new DomainError(
      'READ_MODELS_BEHIND',
      'the read models have not caught up, so the called slots are not known yet: retry',
    );
  };

/** Whether an application's limit has capacity for one more call, according to the read models. */
export type HasRoom = (limit: { readonly application: Application; readonly name: string }) => Promise<boolean>;

export const hasRoomIn =
  ({ queries, world }: CommandReads): HasRoom =>
  async ({ application: { tenant, applicationId, limits = [] }, name }) => {
    const limit = limits.find((each) => each.name === name);
    if (limit === undefined) return true;
    const { parallel, rate } = limit;
    const since = toInstant(world.clock.now() - (rate === undefined ? 0 : durationMs(rate.per)));
    const { running, begun } = await queries.limitUse({ tenant }, { applicationId, name, since });
    return (parallel === undefined || running < parallel) && (rate === undefined || begun < rate.count);
  };

type NamedRef = { readonly tenant: Tenant; readonly applicationId: ApplicationId; readonly name: string };

export type ApplicationRef = { readonly tenant: Tenant; readonly applicationId: ApplicationId };

/** What prevents an application's deletion, or ends with it, according to the read models. */
export type ApplicationUses = {
  /**
   * Its existing jobs, and open executions, including those of deleted jobs.
   * @throws DomainError READ_MODELS_BEHIND unless the read models reach the current end of the log
   */
  ofApplication(
    application: ApplicationRef,
  ): Promise<{ readonly jobs: JobReferences; readonly executions: OpenExecutions }>;
  /** Its active pauses. */
  pausesOf(application: ApplicationRef): Promise<readonly PauseId[]>;
};

/**
 * Finds the existing jobs that use a calendar, a limit, or a variable in the URL of a hook. Waits for the read models to
 * reach the end of the log.
 */
export type JobUses = ApplicationUses & {
  ofCalendar(tenant: Tenant, name: string): Promise<JobReferences>;
  ofLimit(limit: NamedRef): Promise<JobReferences>;
  /** @throws DomainError READ_MODELS_BEHIND */
  ofHookVariable(variable: NamedRef): Promise<JobReferences>;
};

/** Looks up in the read models which jobs use a resource, when they are up to date. */
export const jobUsesOf = (reads: CommandReads): JobUses => {
  const { queries } = reads;
  const caughtUp = () => awaitReadModels(reads);
  const requireCaughtUp = async (): Promise<void> => {
    if (await caughtUp()) return;
    throw new DomainError(
      'READ_MODELS_BEHIND',
      'the read models have not caught up, so the jobs are not known yet: retry',
    );
  };
  return {
    ofCalendar: async (tenant, name) => {
      await caughtUp();
      return queries.jobsWithCalendar({ tenant }, name);
    },
    ofLimit: async ({ tenant, ...limit }) => {
      await caughtUp();
      return queries.jobsWithLimit({ tenant }, limit);
    },
    ofHookVariable: async ({ tenant, ...variable }) => {
      await requireCaughtUp();
      return queries.jobsWithHookVariable({ tenant }, variable);
    },
    ofApplication: async ({ tenant, applicationId }) => {
      await requireCaughtUp();
      const [jobs, executions] = await Promise.all([
        queries.jobsOfApplication({ tenant }, applicationId),
        queries.openExecutionsOf({ tenant }, applicationId),
      ]);
      return { jobs, executions };
    },
    pausesOf: async ({ tenant, applicationId }) => {
      await caughtUp();
      return queries.pausesOfApplication({ tenant }, applicationId);
    },
  };
};

/** @throws DomainError with this code if jobs use it */
export const rejectInUse = (code: DomainErrorCode, what: string, { first, total }: JobReferences): void => {
  if (total === 0) return;
  const named = first.map(({ jobId, name }) => `${jobId} (${name})`).join(', ');
  const others = total > first.length ? ` and ${total - first.length} more` : '';
  throw new DomainError(
    code,
    `${what} is used by ${total === 1 ? 'job' : 'jobs'} ${named}${others}: change these first`,
  );
};
